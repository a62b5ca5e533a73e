//! What the peers were handed, and settings that name them.

use base64::Engine;
use serde_json::Value;

use crate::{
    peers::{gateway::GatewayPeer, smtp::SmtpPeer},
    program::House,
};

/// The channels as shipped.
const FILES: &str = "[channels.file.email-files]\nmedium = \"email\"\ndir = \"outgoing/email\"\n\n\
                     [channels.file.sms-files]\nmedium = \"sms\"\ndir = \"outgoing/sms\"\n";

/// A request with everything in its body.
pub const POST: &str = "method = \"POST\"\njson = { mobile = \"{phone}\", content = \"{text}\", seq = \"{id}\" }";
/// A request with everything in its first line.
pub const GET: &str = "method = \"GET\"\nquery = { mobile = \"{phone}\", content = \"{text}\", seq = \"{id}\" }";

/// One message that was handed over, whatever was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The id of ours that it goes under.
    pub id: String,
    pub to: String,
    /// The words of an SMS, the subject of a mail.
    pub words: String,
}

/// Puts a mail server and an SMS gateway in place of the folders for letters.
pub fn name_peers(house: &House, mail: u16, sms: u16) {
    name_peers_with(house, &format!("port = {mail}"), &format!("url = \"http://127.0.0.1:{sms}/send\""));
}

/// The same with more settings of each.
pub fn name_peers_with(house: &House, mail: &str, sms: &str) {
    name_peers_asked(house, POST, mail, sms);
}

/// The same with a request of the gateway.
pub fn name_peers_asked(house: &House, request: &str, mail: &str, sms: &str) {
    let peers = format!(
        "[channels.email.relay]\nhost = \"127.0.0.1\"\ntls = \"plain\"\nfrom_name = \"督办\"\n\
         from_address = \"duban@example.org\"\n{mail}\n\n\
         [channels.sms.gateway]\nsuccess = {{ pointer = \"/code\", equals = [0] }}\n{request}\n{sms}\n"
    );
    house.edit("duban.toml", FILES, &peers);
}

/// Every SMS that the gateway was handed, in order.
pub fn sms(peer: &GatewayPeer) -> Vec<Handed> {
    let handed = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        Handed { id: text("seq"), to: text("mobile"), words: text("content") }
    };
    peer.asked().iter().map(|asked| handed(&asked.body)).collect()
}

/// Every mail that the server was handed, in order.
pub fn mails(peer: &SmtpPeer) -> Vec<Handed> {
    peer.seen(|seen| seen.mails.clone()).iter().map(|text| mail(text)).collect()
}

/// The words of every mail: subject and body.
pub fn mail_texts(peer: &SmtpPeer) -> Vec<String> {
    let text = |raw: &String| {
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap();
        let body = match encoding {
            "base64" => base64::engine::general_purpose::STANDARD.decode(body.replace("\r\n", "")).unwrap(),
            "quoted-printable" => unquoted(body),
            other => panic!("{other}"),
        };
        format!("{}\n{}", mail(raw).words, String::from_utf8(body).unwrap())
    };
    peer.seen(|seen| seen.mails.iter().map(text).collect())
}

/// The bytes of a body in quoted-printable (RFC 2045).
fn unquoted(body: &str) -> Vec<u8> {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut parts = joined.split('=');
    bytes.extend(parts.next().unwrap().bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    bytes
}

fn mail(text: &str) -> Handed {
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} {text}")).trim().to_owned()
    };
    let id = header("Message-ID: <").trim_end_matches("@example.org>").to_owned();
    let to = header("To:");
    let to = to.rsplit_once('<').map_or(to.as_str(), |(_, to)| to.trim_end_matches('>')).to_owned();
    Handed { id, to, words: decoded(&header("Subject:")) }
}

/// The words of a header of encoded words (RFC 2047).
fn decoded(header: &str) -> String {
    let words = header.split_whitespace().map(|word| {
        let word = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")).expect(header);
        base64::engine::general_purpose::STANDARD.decode(word).unwrap()
    });
    String::from_utf8(words.flatten().collect()).unwrap()
}
