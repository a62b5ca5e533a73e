//! The log: where it goes, how much, in what form.

use std::{fmt, io::IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{MakeWriter, format::Writer, time::FormatTime},
    layer::SubscriberExt,
};

use crate::{
    calendar::civil,
    clock::{Clock, SystemClock},
};

/// The settings of the log, `[log]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `error`, `warn`, `info`, `debug`, `trace`, for this program; or directives like `info,duban::delivery=debug`.
    pub level: String,
    /// One line of text or one of JSON an event.
    pub form: Form,
}

impl Default for Settings {
    fn default() -> Self {
        Self { level: "info".to_owned(), form: Form::Text }
    }
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// For eyes; in colours at a terminal.
    Text,
    /// For programs: one object a line, with dotted names.
    Json,
}

/// Where the lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// As text or JSON, to whoever reads it.
    Stderr,
    /// To the journal of systemd with their fields: `ticket.no` is `TICKET_NO` there.
    Journal,
}

/// Why the log cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level cannot be read.
    #[error("log.level `{level}` is neither error, warn, info, debug, trace nor directives like `info,duban=debug`")]
    Level {
        level: String,
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// Another log was started before.
    #[error("the log was started twice")]
    Twice,
}

impl Settings {
    /// Refuses a level that cannot be read.
    ///
    /// # Errors
    ///
    /// When the level is neither a level nor directives.
    pub fn check(&self) -> Result<(), LogError> {
        self.filter().map(drop)
    }

    /// A level alone is meant for this program; what it is built on says only
    /// what went wrong.
    fn filter(&self) -> Result<EnvFilter, LogError> {
        let directives = match self.level.parse::<tracing::Level>() {
            Ok(level) => format!("{},duban={level}", level.min(tracing::Level::WARN)),
            Err(_) => self.level.clone(),
        };
        EnvFilter::try_new(directives).map_err(|source| LogError::Level { level: self.level.clone(), source })
    }
}

/// Starts the log of this process. It is done once. A journal that cannot be reached
/// gets what is written to stderr.
///
/// # Errors
///
/// When the level cannot be read, or a log was started before.
pub fn start(settings: &Settings, sink: Sink) -> Result<(), LogError> {
    let colours = std::io::stderr().is_terminal();
    let set = match (sink, settings.form, tracing_journald::layer()) {
        (Sink::Journal, Form::Text, Ok(journal)) => {
            // Without a prefix: the names are ours, and nobody else's begin like them.
            let lines = journal.with_field_prefix(None).with_filter(settings.filter()?);
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))
        }
        (Sink::Journal | Sink::Stderr, Form::Text, _) => {
            tracing::subscriber::set_global_default(text(settings, std::io::stderr, colours)?)
        }
        (Sink::Journal | Sink::Stderr, Form::Json, _) => {
            tracing::subscriber::set_global_default(json(settings, std::io::stderr)?)
        }
    };
    set.map_err(|_| LogError::Twice)
}

fn text<W>(settings: &Settings, writer: W, colours: bool) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(settings.filter()?).with_timer(PolicyTime);
    Ok(lines.with_ansi(colours).with_writer(writer).finish())
}

fn json<W>(settings: &Settings, writer: W) -> Result<impl Subscriber + Send + Sync, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(settings.filter()?).with_timer(PolicyTime);
    Ok(lines.json().flatten_event(true).with_writer(writer).finish())
}

/// The time of a line in the policy zone, whatever the host's zone is.
struct PolicyTime;

impl FormatTime for PolicyTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        w.write_str(&civil::iso(SystemClock.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use super::*;
    use crate::ticket::Private;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn write_lines() {
        let name = Private::new("张三".to_owned());
        tracing::info!(ticket.no = %"20260615000123", notice.kind = %"overdue-1", citizen = %name, "kept overdue-1");
        tracing::debug!("not at this level");
    }

    #[test]
    fn json_lines_have_dotted_names_and_the_policy_time() {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = json(&Settings::default(), move || writer.clone()).unwrap();
        tracing::subscriber::with_default(lines, write_lines);
        let line: serde_json::Value = serde_json::from_str(kept.text().trim()).unwrap();
        assert_eq!(line[super::super::field::TICKET_NO], "20260615000123");
        assert_eq!(line[super::super::field::NOTICE_KIND], "overdue-1");
        assert_eq!(line["citizen"], "***");
        assert!(line["timestamp"].as_str().unwrap().ends_with("+08:00"), "{line}");
    }

    #[test]
    fn text_lines_have_no_colours_away_from_a_terminal() {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = text(&Settings::default(), move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(lines, write_lines);
        let text = kept.text();
        assert!(text.contains("kept overdue-1") && text.contains("ticket.no=20260615000123"), "{text}");
        assert!(!text.contains('\u{1b}') && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn a_level_alone_is_meant_for_this_program_only() {
        for (level, lines) in [("error", 1), ("info", 3), ("info,other=info", 4)] {
            let kept = Kept::default();
            let writer = kept.clone();
            let settings = Settings { level: level.to_owned(), ..Settings::default() };
            let subscriber = text(&settings, move || writer.clone(), false).unwrap();
            tracing::subscriber::with_default(subscriber, || {
                tracing::error!("ours, gone wrong");
                tracing::info!("ours");
                tracing::info!(target: "other", "not ours");
                tracing::warn!(target: "other", "not ours, odd");
            });
            assert_eq!(kept.text().lines().count(), lines, "{level}: {}", kept.text());
        }
    }

    #[test]
    fn check_refuses_a_level_that_is_none() {
        let level = |level: &str| Settings { level: level.to_owned(), ..Settings::default() }.check();
        assert!(level("info,duban::delivery=debug").is_ok());
        assert!(matches!(level("duban=loud"), Err(LogError::Level { .. })));
    }
}
