//! What the channels talk to in the tests: scriptable servers that stop anywhere,
//! a real mail server, and certificates of an authority of our own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use duban::{
    channel::{Channel, ChannelError, Letter, Mail, Secrets, Settings, Sms, Warning},
    ticket::Private,
};
use secrecy::SecretString;

pub mod cmpp;
pub mod gateway;
pub mod kannel;
pub mod mail;
pub mod office;
pub mod plain_relay;
pub mod postfix;
pub mod real;
pub mod providers;
pub mod smtp;
pub mod tls;

/// The password or token of every channel here.
pub const SECRET: &str = "s3cret&=\"pass word";

/// Limits short enough to wait for, long enough for a busy machine.
const MAIL_LIMITS: &str = "connect_ms = 400\nstep_ms = 400\nbody_ms = 400\ncall_ms = 2000\n";

/// A gateway as many are: JSON both ways, and 200 whatever happens.
pub const JSON_GATEWAY: &str = r#"
connect_ms = 400
call_ms = 900
headers = { authorization = "Bearer ${token}" }
json = { mobile = "{phone}", content = "{text}", seq = "{id}" }
secrets = { token = { file = "token" } }
success = { pointer = "/code", equals = ["0"] }
id_pointer = "/data/id"
throttle_when = [{ pointer = "/code", equals = [1101], wait_s = 90 }]
config_when = [{ pointer = "/code", equals = ["BALANCE", "SIGN"] }]
retry_when = [{ pointer = "/code", equals = ["BUSY"] }, { status = [503], contains = ["not accepted"] }]
permanent_when = [
    { pointer = "/code", equals = [21614] },
    { pointer = "/code", equals = ["WORDS"], of = "text" },
]
"#;

pub fn now() -> DateTime<Utc> {
    "2026-09-15T01:00:00Z".parse().unwrap()
}

/// A mail to `to`.
pub fn mail(to: &str) -> Letter {
    Letter::Email(Mail {
        id: "leg-7".to_owned(),
        to_name: "周经办".to_owned(),
        to: Private::new(to.to_owned()),
        subject: "【甲】逾期督办".to_owned(),
        body: "您好。\n.开头有点\n".to_owned(),
        message_id: "T.1.r1_overdue-1@example.org".to_owned(),
        references: vec!["T.1@example.org".to_owned()],
    })
}

/// An SMS to a number of no citizen.
pub fn sms() -> Letter {
    sms_saying("【甲】工单\"1\"已逾期&请办理")
}

pub fn sms_saying(text: &str) -> Letter {
    let (id, to) = ("leg/7".to_owned(), Private::new("13800012345".to_owned()));
    Letter::Sms(Sms { id, to, text: text.to_owned(), form: None })
}

/// A channel to a mail server on this machine, without TLS unless `more` says so.
pub fn mail_channel(port: u16, more: &str) -> Arc<Channel> {
    let tls = if more.contains("tls =") { "" } else { "tls = \"plain\"\n" };
    let text = format!(
        "[email.peer]\nhost = \"127.0.0.1\"\nport = {port}\nfrom_name = \"市12345,督办\"\n\
         from_address = \"duban@example.org\"\n{tls}{MAIL_LIMITS}{more}\n"
    );
    opened(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A channel to an SMS gateway.
pub fn sms_channel(url: &str, settings: &str) -> Arc<Channel> {
    opened(&format!("[sms.peer]\nurl = \"{url}\"\n{settings}\n")).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A channel to a CMPP gateway on this machine, 3.0 unless `more` says so.
pub fn cmpp_channel(port: u16, more: &str) -> Arc<Channel> {
    let version = if more.contains("version =") { "" } else { "version = \"3.0\"\n" };
    let limit =
        |name: &str, limit: &str| if more.contains(name) { String::new() } else { format!("{name} = {limit}\n") };
    let limits: String = [("connect_ms", "400"), ("login_ms", "400"), ("answer_ms", "500"), ("call_ms", "2500")]
        .map(|(name, ms)| limit(name, ms))
        .concat();
    let text = format!(
        "[cmpp.peer]\nhost = \"127.0.0.1\"\nport = {port}\nsp_id = \"901234\"\nsecret = {{ file = \"s\" }}\n\
         service_id = \"ZWFW\"\nsrc_id = \"106573001234\"\n{version}{limits}{}{more}\n",
        limit("per_second", "1000"),
    );
    opened(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The one channel of some settings, each of whose secrets is [`SECRET`].
pub fn opened(settings: &str) -> Result<Arc<Channel>, Vec<ChannelError>> {
    duban::channel::tls::install();
    let settings = read(settings);
    let mut secrets = Secrets::default();
    for (channel, name, _) in settings.secrets() {
        secrets.keep(channel, name, SecretString::from(SECRET));
    }
    settings.open(&secrets).map(|channels| channels.iter().next().unwrap().clone())
}

/// What is odd about some settings.
pub fn warnings(settings: &str) -> Vec<Warning> {
    read(settings).warnings()
}

fn read(settings: &str) -> Settings {
    toml::from_str(settings).unwrap_or_else(|error| panic!("{error}"))
}
