//! Kannel with its fake centre: bearerbox, smsbox and fakesmsc of the packages
//! `kannel` and `kannel-extras`, private to a test.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::{
    SECRET,
    real::{Server, comes, free_ports, listens, said},
};

/// The centre that sends nothing by itself and tells what it was sent.
const FAKE_CENTRE: &str = "/usr/lib/kannel/test/fakesmsc";

/// The gateway; it is stopped when this is dropped, the centre first.
#[derive(Debug)]
pub struct Kannel {
    _servers: [Server; 3],
    dir: TempDir,
    /// Where it takes SMS over HTTP.
    pub port: u16,
}

/// An SMS as the centre has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtCentre {
    pub from: String,
    pub to: String,
    /// The header in front of a part.
    pub header: Vec<u8>,
    pub text: String,
}

impl Kannel {
    /// For the account `duban`, whose password is [`SECRET`].
    pub fn started() -> Self {
        // Somebody else may take a port between its choice and its use.
        let tried = (0..3).find_map(|_| Self::tried().ok());
        tried.unwrap_or_else(|| panic!("Kannel does not start: {}", Self::tried().unwrap_err()))
    }

    fn tried() -> Result<Self, String> {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let [admin, inner, centre, port] = free_ports();
        std::fs::write(at("kannel.conf"), settings([admin, inner, centre, port])).unwrap();
        let run = |program: &str, log: &str| {
            Server::started(Command::new(program).arg(at("kannel.conf")).current_dir(dir.path()), &at(log))
        };
        let mut bearerbox = run("/usr/sbin/bearerbox", "bearerbox.log");
        if !comes(|| bearerbox.has_ended() || listens(inner) && listens(centre)) || bearerbox.has_ended() {
            return Err(said(&at("bearerbox.log")));
        }
        let mut smsbox = run("/usr/sbin/smsbox", "smsbox.log");
        if !comes(|| smsbox.has_ended() || listens(port)) || smsbox.has_ended() {
            return Err(said(&at("smsbox.log")));
        }
        let mut fake = Command::new(FAKE_CENTRE);
        fake.args(["-H", "127.0.0.1", "-r", &centre.to_string(), "-m", "0", "100 200 text nop"]);
        let mut fake = Server::started(&mut fake, &at("centre.log"));
        let is_there = || said(&at("bearerbox.log")).contains("client connected from");
        if !comes(|| fake.has_ended() || is_there()) || fake.has_ended() {
            return Err(said(&at("bearerbox.log")) + &said(&at("centre.log")));
        }
        Ok(Self { _servers: [fake, smsbox, bearerbox], dir, port })
    }

    /// The first so many SMS that the centre has; they must come.
    pub fn at_centre(&self, count: usize) -> Vec<AtCentre> {
        let log = self.dir.path().join("centre.log");
        assert!(comes(|| messages(&log).len() >= count), "{}", said(&log));
        messages(&log)
    }
}

fn settings([admin, inner, centre, port]: [u16; 4]) -> String {
    let password = SECRET.replace('"', "\\\"");
    format!(
        "group = core\nadmin-port = {admin}\nadmin-interface = 127.0.0.1\nadmin-password = x\n\
         smsbox-port = {inner}\nsmsbox-interface = 127.0.0.1\nbox-allow-ip = 127.0.0.1\ndlr-storage = internal\n\n\
         group = smsc\nsmsc = fake\nsmsc-id = centre\nport = {centre}\nconnect-allow-ip = 127.0.0.1\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {port}\nsendsms-interface = 127.0.0.1\n\n\
         group = sendsms-user\nusername = duban\npassword = \"{password}\"\nmax-messages = 10\nconcatenation = true\n\
         user-allow-ip = 127.0.0.1\n\n\
         group = sms-service\nkeyword = default\ncatch-all = true\ntext = none\nmax-messages = 0\n"
    )
}

/// Lines such as `Got message 1: <10690000 13800138000 ucs-2 l4R%A1>`; a part has
/// `udh HEADER` in it.
fn messages(log: &Path) -> Vec<AtCentre> {
    let text = said(log);
    let lines = text.lines().filter_map(|line| line.split_once("Got message ")?.1.split_once(": <"));
    lines.map(|(_, message)| message_of(message.trim_end().trim_end_matches('>'))).collect()
}

fn message_of(line: &str) -> AtCentre {
    let words: Vec<&str> = line.split(' ').collect();
    let (header, text) = match words[2..] {
        ["ucs-2", text] => (Vec::new(), text),
        ["udh", header, "data", text] => (bytes(header), text),
        _ => panic!("the centre has something else: {line}"),
    };
    let units: Vec<u16> = bytes(text).chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).unwrap();
    AtCentre { from: words[0].to_owned(), to: words[1].to_owned(), header, text }
}

/// Percent-encoded bytes, a blank as `+`.
fn bytes(encoded: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), encoded.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    bytes
}
