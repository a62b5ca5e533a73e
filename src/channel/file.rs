//! Letters put into a folder, one file each: for the demo and dry runs.
//!
//! A mail is an `.eml` that a mail program opens, an SMS a `.txt` with its number
//! masked. A file is there whole or not at all: it is written beside its place,
//! synced, and moved there. The folder is for its owner only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{
    ChannelError, Class, Letter, Sms,
    email::compose::{self, Sender},
};
use crate::{
    calendar::civil,
    notice::{Failure, Medium, Outcome, Receipt},
    ticket::phone,
};

/// `[channels.file.NAME]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which letters it takes.
    pub medium: FileMedium,
    /// The folder; it is made if it is not there.
    pub dir: PathBuf,
    /// The name that mails are from.
    #[serde(default = "Settings::default_from_name")]
    pub from_name: String,
    /// The address that mails are from.
    #[serde(default = "Settings::default_from_address")]
    pub from_address: String,
}

/// The letters that a folder can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileMedium {
    Sms,
    Email,
}

impl FileMedium {
    /// The medium.
    pub fn medium(self) -> Medium {
        match self {
            Self::Sms => Medium::Sms,
            Self::Email => Medium::Email,
        }
    }
}

impl Settings {
    fn default_from_name() -> String {
        "督办".to_owned()
    }

    fn default_from_address() -> String {
        "duban@localhost".to_owned()
    }
}

/// A folder of letters.
#[derive(Debug)]
pub struct FileSink {
    name: String,
    medium: Medium,
    dir: PathBuf,
    from: Sender,
}

/// A letter as a file.
struct Page {
    stem: String,
    extension: &'static str,
    text: String,
}

impl FileSink {
    /// Makes the folder.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or is somebody else's, or the sender is no
    /// mail address.
    pub fn open(name: &str, settings: &Settings) -> Result<Self, ChannelError> {
        let address = compose::address(&settings.from_address)
            .ok_or_else(|| ChannelError::setting(name, "from_address", "it is no mail address; write name@domain"))?;
        make_dir(&settings.dir).map_err(|source| ChannelError::Path {
            channel: name.to_owned(),
            field: "dir",
            path: settings.dir.clone(),
            source,
        })?;
        Ok(Self {
            name: name.to_owned(),
            medium: settings.medium.medium(),
            dir: settings.dir.clone(),
            from: Sender { name: settings.from_name.clone(), address },
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The medium.
    pub fn medium(&self) -> Medium {
        self.medium
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) async fn send(&self, letter: &Letter, now: DateTime<Utc>) -> Outcome {
        let page = match self.page(letter, now) {
            Ok(page) => page,
            Err(outcome) => return outcome,
        };
        let dir = self.dir.clone();
        let down = |error: &io::Error| {
            // Until the file has its name there is no letter, so it may be tried again.
            Class::ChannelDown.outcome(Failure::new("file-write", &error.to_string()), now, None)
        };
        match tokio::task::spawn_blocking(move || write(&dir, &page)).await {
            Ok(Ok(path)) => {
                Outcome::Accepted(Receipt(path.file_name().map(|name| name.to_string_lossy().into_owned())))
            }
            Ok(Err(error)) => down(&error),
            Err(stopped) => Class::Unknown.outcome(Failure::new("file-stopped", &stopped.to_string()), now, None),
        }
    }

    pub(super) fn preview(&self, letter: &Letter, now: DateTime<Utc>) -> Result<String, Outcome> {
        self.page(letter, now).map(|page| page.text)
    }

    fn page(&self, letter: &Letter, now: DateTime<Utc>) -> Result<Page, Outcome> {
        let (extension, text) = match letter {
            Letter::Email(mail) => {
                let why = || Failure::new("mail-address", "the recipient's address is none");
                let composed = compose::compose(&self.from, mail, now);
                ("eml", composed.map_err(|_| Class::BadRecipient.outcome(why(), now, None))?.text)
            }
            Letter::Sms(sms) => ("txt", sms_text(sms, now)),
            Letter::Chat(post) | Letter::Webhook(post) => ("txt", format!("{}\n{}", post.title, post.body)),
        };
        let at = now.with_timezone(&civil::zone()).format("%Y%m%dT%H%M%S");
        Ok(Page { stem: format!("{at}-{}", file_name(letter.id())), extension, text })
    }
}

fn sms_text(sms: &Sms, now: DateTime<Utc>) -> String {
    let masked = phone::numbers(sms.to.expose()).first().map_or_else(|| "***".to_owned(), phone::Number::masked);
    format!("时间：{}\n号码：{masked}\n\n{}\n", civil::iso(now), sms.text)
}

/// The id with everything but plain letters made `_`, short enough for a name.
fn file_name(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    id.chars().map(plain).take(120).collect()
}

/// Makes the folder for its owner only; one that is there is closed to others.
fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
}

/// Writes the page under a name that nobody has.
fn write(dir: &Path, page: &Page) -> io::Result<PathBuf> {
    let (path, _place) = reserve(dir, page)?;
    let temp = dir.join(format!(".{}.tmp", path.file_name().unwrap_or_default().to_string_lossy()));
    let written = write_whole(&temp, &page.text).and_then(|()| fs::rename(&temp, &path));
    if let Err(error) = written {
        // What was begun is removed, so that no empty letter is left; if even
        // that fails, the first error says more.
        let _ = fs::remove_file(&temp);
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    // The name is on the disk only when the folder is.
    File::open(dir)?.sync_all()?;
    Ok(path)
}

/// Takes the first free name: two letters of one id and second are two files.
fn reserve(dir: &Path, page: &Page) -> io::Result<(PathBuf, File)> {
    let mut n = 1;
    loop {
        let number = if n == 1 { String::new() } else { format!("-{n}") };
        let path = dir.join(format!("{}{number}.{}", page.stem, page.extension));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && n < 10_000 => n += 1,
            opened => return opened.map(|file| (path, file)),
        }
    }
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{channel::Mail, ticket::Private};

    fn sink(dir: &Path, medium: FileMedium) -> FileSink {
        let settings = Settings {
            medium,
            dir: dir.join("sent"),
            from_name: Settings::default_from_name(),
            from_address: Settings::default_from_address(),
        };
        FileSink::open("demo", &settings).unwrap()
    }

    fn now() -> DateTime<Utc> {
        "2026-09-15T01:00:00Z".parse().unwrap()
    }

    fn sms(id: &str) -> Letter {
        Letter::Sms(Sms {
            id: id.to_owned(),
            to: Private::new("13800012345".to_owned()),
            text: "【甲】您好".to_owned(),
            form: None,
        })
    }

    #[tokio::test]
    async fn an_sms_is_a_file_with_its_number_masked() {
        let dir = tempfile::tempdir().unwrap();
        let sink = sink(dir.path(), FileMedium::Sms);
        let outcome = sink.send(&sms("overdue-1/甲"), now()).await;
        let name = "20260915T090000-overdue-1__.txt";
        assert_eq!(outcome, Outcome::Accepted(Receipt(Some(name.to_owned()))));
        let text = fs::read_to_string(sink.dir().join(name)).unwrap();
        assert_eq!(text, "时间：2026-09-15T09:00:00+08:00\n号码：138****2345\n\n【甲】您好\n");
        assert_eq!(fs::metadata(sink.dir()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(sink.dir().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn two_letters_of_one_name_are_two_files_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let sink = sink(dir.path(), FileMedium::Sms);
        for _ in 0..3 {
            assert_eq!(sink.send(&sms("a"), now()).await.class(), "accepted");
        }
        let mut names: Vec<_> = fs::read_dir(sink.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["20260915T090000-a-2.txt", "20260915T090000-a-3.txt", "20260915T090000-a.txt"]);
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_puts_the_channel_down() {
        let dir = tempfile::tempdir().unwrap();
        let sink = sink(dir.path(), FileMedium::Sms);
        fs::remove_dir(sink.dir()).unwrap();
        assert_eq!(sink.send(&sms("a"), now()).await.class(), "channel-down");
        let mail = Mail {
            id: "a".to_owned(),
            to_name: String::new(),
            to: Private::new("nobody".to_owned()),
            subject: String::new(),
            body: String::new(),
            message_id: "a@localhost".to_owned(),
            references: Vec::new(),
        };
        assert_eq!(sink.send(&Letter::Email(mail), now()).await.class(), "refused");
    }
}
