//! `duban.toml`: one struct a table, the default beside each field.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Document, Store};
use crate::{message::Wording, report::forms, source::Statement, telemetry};

/// Everything in `duban.toml` but the channels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub state: State,
    pub policy: Policy,
    pub store: Store,
    pub ledger: Ledger,
    pub write_back: WriteBack,
    pub schedule: Schedule,
    pub wording: Wording,
    pub forms: forms::Settings,
    pub web: Web,
    pub deadman: Deadman,
    pub log: telemetry::Settings,
}

/// `[web]`: the pages for whoever watches over the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Address and port; without it nothing listens.
    pub listen: Option<SocketAddr>,
}

/// `[deadman]`: whom to tell regularly that all is well.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deadman {
    /// Without it nobody is told.
    pub url: Option<String>,
    /// Seconds between two requests, 10 to 3600.
    pub every_s: u64,
}

impl Default for Deadman {
    fn default() -> Self {
        Self { url: None, every_s: 60 }
    }
}

/// `[state]`: what the program keeps for itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// Paths of data in the other tables begin here.
    pub dir: PathBuf,
}

impl Default for State {
    fn default() -> Self {
        Self { dir: "/var/lib/duban".into() }
    }
}

/// `[policy]`: where the regulation is in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The regulation's civil time. It is no choice: the line is there to be read.
    pub zone: Zone,
    /// The folder with year files and, beneath it, `local/` with overlays.
    pub calendars: PathBuf,
}

impl Default for Policy {
    fn default() -> Self {
        Self { zone: Zone::Shanghai, calendars: "calendars".into() }
    }
}

/// The one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Zone {
    /// UTC+08:00 without daylight saving time.
    #[serde(rename = "Asia/Shanghai")]
    Shanghai,
}

/// `[ledger]`: where notices and attempts are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    pub path: PathBuf,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { path: "ledger.db".into() }
    }
}

/// `[write_back]`: what is written into the ticket store; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WriteBack {
    /// Run once for each SMS to a citizen that a provider took.
    pub statement: Option<Statement>,
}

/// `[schedule]`: when the program looks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Seconds between two looks at the store, 1 to 30.
    pub poll_s: u64,
    /// When everything is compared again, though nothing seems to have changed.
    pub reconcile: String,
    /// When the calendar is checked for the years that tickets need.
    pub calendar_check: String,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { poll_s: 15, reconcile: "0 7 * * * *".to_owned(), calendar_check: "0 0 9 * * *".to_owned() }
    }
}

impl Settings {
    /// Takes the tables out of the document and checks them.
    pub(super) fn take(document: &mut Document<'_>) -> Self {
        let settings = Self {
            state: document.table("state").unwrap_or_default(),
            policy: document.table("policy").unwrap_or_default(),
            store: Store::take(document),
            ledger: document.table("ledger").unwrap_or_default(),
            write_back: document.table("write_back").unwrap_or_default(),
            schedule: document.table("schedule").unwrap_or_default(),
            wording: document.table("wording").unwrap_or_default(),
            forms: document.table("forms").unwrap_or_default(),
            web: document.table("web").unwrap_or_default(),
            deadman: document.table("deadman").unwrap_or_default(),
            log: document.table("log").unwrap_or_default(),
        };
        settings.check(document);
        settings
    }

    fn check(&self, document: &mut Document<'_>) {
        if !self.state.dir.is_absolute() {
            let what = format!("`{}` is not an absolute path", self.state.dir.display());
            document.add("state.dir", what, "write it from / on: a daemon has no folder of its own");
        }
        if !(1..=30).contains(&self.schedule.poll_s) {
            let what = format!("{} is out of bounds", self.schedule.poll_s);
            document.add("schedule.poll_s", what, "write 1 to 30");
        }
        let crons = [("reconcile", &self.schedule.reconcile), ("calendar_check", &self.schedule.calendar_check)];
        for (key, cron) in crons {
            if let Err(error) = parse_cron(cron) {
                let what = format!("`{cron}` is no schedule ({error})");
                document.add(
                    &format!("schedule.{key}"),
                    what,
                    "write six fields: second minute hour day month weekday",
                );
            }
        }
        self.check_deadman(document);
        if self.ledger.path == self.store.path {
            document.add("ledger.path", "the ledger and the ticket store are one file", "give each its own");
        }
        self.store.check(document);
        if !self.forms.folder.split('/').all(is_plain) {
            let what = format!("`{}` is no folder beneath the state folder", self.forms.folder);
            document.add("forms.folder", what, "write a name of letters, digits, - and _, such as forms");
        }
        if let Err(error) = self.log.check() {
            document.add("log.level", error.to_string(), "write one of them");
        }
    }

    /// Its address may hold a secret, so it is not repeated.
    fn check_deadman(&self, document: &mut Document<'_>) {
        if !(10..=3_600).contains(&self.deadman.every_s) {
            let what = format!("{} is out of bounds", self.deadman.every_s);
            document.add("deadman.every_s", what, "write 10 to 3600");
        }
        if self.deadman.url.is_some() && self.deadman_url().is_none() {
            document.add(
                "deadman.url",
                "it is no address of a web server",
                "write https://… as the other side gave it",
            );
        }
    }

    /// Whom to tell that all is well.
    pub fn deadman_url(&self) -> Option<reqwest::Url> {
        let url: reqwest::Url = self.deadman.url.as_ref()?.parse().ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }

    /// A path of data: relative ones begin in the state folder.
    pub fn in_state(&self, path: &Path) -> PathBuf {
        self.state.dir.join(path)
    }

    /// The ticket store's file.
    pub fn store_path(&self) -> PathBuf {
        self.in_state(&self.store.path)
    }

    /// The folder of the forms.
    pub fn forms_path(&self) -> PathBuf {
        self.in_state(Path::new(&self.forms.folder))
    }

    /// The ledger's file.
    pub fn ledger_path(&self) -> PathBuf {
        self.in_state(&self.ledger.path)
    }
}

/// Whether a name stays in its folder when it is made the name of a file.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// The scheduler takes six fields and fails late and without words on five.
fn parse_cron(text: &str) -> Result<croner::Cron, croner::errors::CronError> {
    croner::parser::CronParser::builder().seconds(croner::parser::Seconds::Required).build().parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let mut document = Document::parse("duban.toml".into(), text);
        Settings::take(&mut document);
        document.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn take_gives_the_defaults_for_an_empty_file() {
        let mut document = Document::parse("duban.toml".into(), "");
        let settings = Settings::take(&mut document);
        assert_eq!((settings, document.finish()), (Settings::default(), vec![]));
    }

    #[test]
    fn take_refuses_a_schedule_of_five_fields() {
        let faults = faults("[schedule]\nreconcile = \"7 * * * *\"\n");
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("duban.toml:2: schedule.reconcile: `7 * * * *` is no schedule"), "{faults:?}");
    }

    #[test]
    fn take_names_every_value_that_is_out_of_bounds() {
        let faults = faults(
            "[state]\ndir = \"state\"\n[policy]\nzone = \"UTC\"\n[store]\nkind = \"oracle\"\npath = \"ledger.db\"\n\
             columns = \"../x\"\n[schedule]\npoll_s = 0\n[forms]\nfolder = \"../x\"\n[log]\nlevel = \"duban=loud\"\n",
        );
        let keys = [
            "state.dir",
            "policy.zone",
            "store.kind",
            "store.columns",
            "schedule.poll_s",
            "forms.folder",
            "log.level",
            "ledger.path",
        ];
        for key in keys {
            assert!(faults.iter().any(|fault| fault.contains(&format!(" {key}: "))), "{key} {faults:#?}");
        }
        assert_eq!(faults.len(), keys.len(), "{faults:#?}");
    }
}
