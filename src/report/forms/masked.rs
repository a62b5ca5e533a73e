//! What of a citizen a form may show (art. 5).

use crate::ticket::{Citizen, Phone, Ticket, phone, text};

/// A citizen as a form shows one: the surname, the ends of the number, and the
/// street without its door. Of a citizen who asked for secrecy it shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Masked {
    /// `张*`.
    pub name: String,
    /// `138****2345`.
    pub number: String,
    /// `绮霞路`; empty if none can be told from the address for certain.
    pub street: String,
}

/// Ends of a street's name; the longer ones stand first.
const STREETS: [&str; 6] = ["公路", "大道", "路", "街", "巷", "大街"];
/// Ends of what stands before a street.
const DISTRICTS: [&str; 6] = ["街道", "省", "市", "区", "镇", "乡"];
/// A longer one is no street's name, but something written before it.
const LONGEST_STREET: usize = 6;

impl Masked {
    /// The citizen of a ticket.
    pub fn of(ticket: &Ticket, citizen: &Citizen) -> Self {
        if ticket.secret {
            let secret = "保密".to_owned();
            return Self { name: secret.clone(), number: secret, street: String::new() };
        }
        let number = citizen.mobiles.expose().first().and_then(|digits| phone::numbers(digits).into_iter().next());
        Self {
            name: name(citizen.name.expose()),
            number: number.map_or_else(|| without_mobile(ticket.phone).to_owned(), |number| number.masked()),
            street: street(citizen.address.expose(), citizen.name.expose()).unwrap_or_default(),
        }
    }

    /// In one line: `张*  138****2345  绮霞路`.
    pub fn line(&self) -> String {
        [&self.name, &self.number, &self.street]
            .into_iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("  ")
    }
}

/// The first character and a star, however long the name is.
fn name(name: &str) -> String {
    let name = text::squeeze(name);
    match name.chars().next() {
        Some(first) if first.is_alphabetic() && name != "匿名" => format!("{first}*"),
        Some(_) | None => "未留姓名".to_owned(),
    }
}

fn without_mobile(phone: Phone) -> &'static str {
    match phone {
        Phone::Landline(_) => "固定电话",
        Phone::Secret => "保密",
        Phone::Mobile(_) | Phone::Missing | Phone::Bad | Phone::Unknown => "无手机号码",
    }
}

/// The street in an address: what ends in a street's word before the first digit
/// and has no more than a street's length. Whatever may be more is left out.
fn street(address: &str, name: &str) -> Option<String> {
    let address = text::squeeze(address);
    let before_door = address.split(|c: char| c.is_ascii_digit()).next()?;
    let mut rest = before_door;
    while let Some(end) = DISTRICTS.iter().filter_map(|end| Some(rest.find(end)? + end.len())).min() {
        rest = &rest[end..];
    }
    let end = STREETS.iter().filter_map(|end| Some(rest.find(end)? + end.len())).min()?;
    let street = &rest[..end];
    let short = (2..=LONGEST_STREET).contains(&street.chars().count());
    let plain = street.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let squeezed = text::squeeze(name);
    let surname_first = squeezed.chars().take(2).collect::<String>();
    let named = !surname_first.is_empty() && street.contains(&surname_first);
    (short && plain && !named).then(|| street.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn street_gives_the_street_and_never_the_door() {
        let rows = [
            ("绮霞路88弄6号", Some("绮霞路")),
            ("上海市青浦区赵巷镇绮霞路88弄6号101室", Some("绮霞路")),
            ("盈浦街道 外青松公路 5000号", Some("外青松公路")),
            ("绮霞路八十八弄六号", Some("绮霞路")),
            ("崧泽大道与绮霞路口", Some("崧泽大道")),
            ("88弄6号绮霞路", None),
            ("孙先生家门口绮霞路", None),
            ("孙伟路6号", None),
            ("莲渡小区6号楼", None),
            ("", None),
        ];
        for (address, expected) in rows {
            assert_eq!(street(address, "孙伟").as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn name_shows_one_character_at_most() {
        let rows = [
            ("张先生", "张*"),
            ("欧阳 修", "欧*"),
            ("匿名", "未留姓名"),
            ("", "未留姓名"),
            ("13800012345", "未留姓名"),
        ];
        for (given, expected) in rows {
            assert_eq!(name(given), expected, "{given}");
        }
    }
}
