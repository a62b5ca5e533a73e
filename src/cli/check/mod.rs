//! `duban check`: everything that does not fit, at once, and what does.

use std::path::PathBuf;

use serde::Serialize;

use super::{
    Exit, Stop, runtime,
    session::{Form, Session},
};
use crate::{config, roster::Place};

mod calendar;
mod channels;
mod data;
mod people;

/// Finds every fault of settings, people, calendar, store, ledger and channels at once.
///
/// It sends nothing and changes nothing. Faults end it with exit code 6; warnings
/// do not.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Also connect to the platform's database, log in to each mail server and connect
    /// to each SMS gateway; nothing is sent.
    #[arg(long)]
    online: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    area: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// The whole, for people.
    #[serde(skip)]
    text: String,
}

/// How bad it is; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Fine,
    Warning,
    Fault,
}

impl Findings {
    /// Something is in order.
    pub fn fine(&mut self, area: &'static str, text: impl Into<String>) {
        self.add(Level::Fine, area, text.into());
    }

    /// Something is odd, and the program would work all the same.
    pub fn warning(&mut self, area: &'static str, text: impl Into<String>) {
        self.add(Level::Warning, area, text.into());
    }

    /// Something would not work.
    pub fn fault(&mut self, area: &'static str, text: impl Into<String>) {
        self.add(Level::Fault, area, text.into());
    }

    /// Something about a place in a file; the place ends the line for people.
    fn at(&mut self, level: Level, area: &'static str, place: &Place, what: String) {
        let line = place.line.map(|line| format!(" 第 {line} 行")).unwrap_or_default();
        let text = format!("{what}({}{line})", place.file);
        let (file, line) = (Some(PathBuf::from(&*place.file)), place.line);
        self.0.push(Finding { level, area, file, line, key: None, what, remedy: None, text });
    }

    fn add(&mut self, level: Level, area: &'static str, text: String) {
        let what = text.clone();
        self.0.push(Finding { level, area, file: None, line: None, key: None, what, remedy: None, text });
    }

    fn settings(&mut self, fault: &config::Fault) {
        self.0.push(Finding {
            level: Level::Fault,
            area: "settings",
            file: Some(fault.file.clone()),
            line: fault.line,
            key: Some(fault.key.clone()).filter(|key| !key.is_empty()),
            what: fault.what.clone(),
            remedy: Some(fault.remedy.clone()),
            text: fault.to_string(),
        });
    }

    /// Whether nothing worse than odd was found in an area.
    pub fn is_fine(&self, area: &str) -> bool {
        !self.0.iter().any(|finding| finding.area == area && finding.level != Level::Fine)
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }
}

/// Runs the command.
///
/// # Errors
///
/// With the exit code of faults, when there are any.
pub fn run(args: &Args, session: &mut Session<'_>) -> anyhow::Result<()> {
    let mut found = Findings::default();
    match config::load(&session.places) {
        Ok(loaded) => {
            let folder = session.places.dir.display();
            found.fine("settings", format!("设置:{folder} 中的设置、规则、名册、列映射、模板均可用"));
            people::check(&loaded, session.now, &mut found);
            calendar::check(&loaded.calendars.calendar, session.now, &mut found);
            channels::check(&loaded, &mut found);
            runtime::block_on(async {
                let reach = if args.online { data::Reach::Online } else { data::Reach::Here };
                data::check(&loaded, reach, session.now, &mut found).await;
                if args.online {
                    channels::connect(&loaded, session.now, &mut found).await;
                }
            })?;
        }
        Err(faults) => {
            faults.iter().for_each(|fault| found.settings(fault));
            found.warning("settings", "名册、日历、通道、工单库与台账:待设置改正后再查");
        }
    }
    tell(found, session)
}

fn tell(mut found: Findings, session: &mut Session<'_>) -> anyhow::Result<()> {
    // What is fine stands last, below what somebody must act on.
    found.0.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    for finding in &found.0 {
        match session.form {
            Form::Json => session.object(finding)?,
            Form::Text => writeln!(session.out, "{} {}", word(finding.level), finding.text)?,
        }
    }
    let (faults, warnings) = (found.count(Level::Fault), found.count(Level::Warning));
    if session.form == Form::Text {
        writeln!(session.out, "错误 {faults} 项,提示 {warnings} 项")?;
    }
    match faults {
        0 => Ok(()),
        n => Err(Stop { exit: Exit::Faults, text: format!("faults found: {n}") }.into()),
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Fine => "[正常]",
        Level::Warning => "[提示]",
        Level::Fault => "[错误]",
    }
}
