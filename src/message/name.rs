//! What the template files are called.

use crate::notice::{Kind, Medium};

use super::shipped::SHIPPED;

/// Added to every mail.
pub const FOOTER: &str = "footer.email.txt";

/// For which media the words of a medium are written: a group reads what is written
/// for a mail, or if there is no mail of a kind, for an SMS.
pub fn written(medium: Medium) -> &'static [Medium] {
    match medium {
        Medium::Sms => &[Medium::Sms],
        Medium::Email => &[Medium::Email],
        Medium::Chat | Medium::Webhook => &[Medium::Email, Medium::Sms],
        Medium::File => &[Medium::File],
    }
}

/// Whether a file is the text of an SMS.
pub fn is_sms(file: &str) -> bool {
    file.split('.').any(|part| part == Medium::Sms.id())
}

/// The text of one notice.
pub fn one(kind: Kind, medium: Medium) -> String {
    format!("{kind}.{medium}.txt")
}

/// The text of several notices of one kind, where they have words of their own.
pub fn many(kind: Kind, medium: Medium) -> String {
    format!("{kind}.{medium}.many.txt")
}

/// The text of several notices of a kind without words of its own for them;
/// only for SMS, since a mail says more than which tickets there are.
pub fn digest(medium: Medium) -> String {
    format!("digest.{medium}.txt")
}

/// The text of the digest at the first start.
pub fn first_start(medium: Medium) -> String {
    format!("first-start.{medium}.txt")
}

/// The text of what waited for room under a person's ceiling.
pub fn gathered(medium: Medium) -> String {
    format!("gathered.{medium}.txt")
}

/// Whether a file of this name is ever used: it is shipped, or it is the text
/// for several of a kind whose text for one is shipped.
pub fn is_known(name: &str) -> bool {
    let is_shipped = |name: &str| SHIPPED.iter().any(|(shipped, _)| *shipped == name);
    let of_one = || name.strip_suffix(".many.txt").map(|stem| format!("{stem}.txt"));
    is_shipped(name) || of_one().is_some_and(|one| is_shipped(&one) && starts_with_kind(&one))
}

fn starts_with_kind(name: &str) -> bool {
    name.split('.').next().and_then(Kind::from_id).is_some()
}
