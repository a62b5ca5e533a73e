//! `[channels]`: which channels there are, their files and their secrets.

use std::path::PathBuf;

use super::{Document, Places, Settings, folder::Folder, secret};
use crate::channel::{self, ChannelError, Secrets, file::FileMedium};

/// Takes the table out of the document, places its files, and fetches its secrets.
pub fn take(
    document: &mut Document<'_>,
    settings: &Settings,
    places: &Places,
    folder: &mut Folder,
) -> (channel::Settings, Secrets) {
    // A parser would quote what it did not expect, and so print the secret.
    let mut inline = document.take_texts("channels.email.*.password");
    inline.extend(document.take_texts("channels.sms.*.secrets.*"));
    inline.extend(document.take_texts("channels.cmpp.*.secret"));
    for key in &inline {
        let remedy = "take it out, change it, and say where it lies: { file = \"…\" } or { credential = \"…\" }";
        document.add(key, "a secret must not stand in the settings", remedy);
    }
    let Some(mut channels) = document.table::<channel::Settings>("channels") else {
        return (channel::Settings::default(), Secrets::default());
    };
    place(&mut channels, settings, places);
    let secrets = fetch(&channels, places, document, folder);
    if inline.is_empty() {
        check(&channels, &secrets, document);
    }
    (channels, secrets)
}

/// Data begins in the state folder, what belongs to the settings in theirs.
fn place(channels: &mut channel::Settings, settings: &Settings, places: &Places) {
    for file in channels.file.values_mut() {
        file.dir = settings.in_state(&file.dir);
    }
    let of_settings = |path: &mut PathBuf| *path = places.of_settings(path);
    let of_mail = channels.email.values_mut().filter_map(|email| email.ca_file.as_mut());
    of_mail.chain(channels.sms.values_mut().filter_map(|sms| sms.ca_file.as_mut())).for_each(of_settings);
}

fn fetch(channels: &channel::Settings, places: &Places, document: &mut Document<'_>, folder: &mut Folder) -> Secrets {
    let mut secrets = Secrets::default();
    for (channel, name, from) in channels.secrets() {
        let of_gateway = if channels.sms.contains_key(channel) { "secrets." } else { "" };
        let key = key(channels, channel, &format!("{of_gateway}{name}"));
        match secret::fetch(from, places) {
            Ok(found) => {
                folder.seen(key.as_ref(), secret::bytes(&found));
                secrets.keep(channel, name, found);
            }
            Err(lack) => document.add(format!("{key}.{}", lack.key).trim_end_matches('.'), lack.what, lack.remedy),
        }
    }
    secrets
}

/// What can be known without opening the folders of letters, which makes them.
fn check(channels: &channel::Settings, secrets: &Secrets, document: &mut Document<'_>) {
    let without_folders = channel::Settings { file: Default::default(), ..channels.clone() };
    for error in without_folders.open(secrets).err().unwrap_or_default() {
        let remedy = "correct the value";
        match error {
            ChannelError::Setting { channel, field, why } => {
                document.add(&key(channels, &channel, &field), why, remedy);
            }
            ChannelError::Path { channel, field, path, source } => {
                let what = format!("`{}` cannot be used ({source})", path.display());
                document.add(&key(channels, &channel, field), what, "let the user that runs duban read it");
            }
            ChannelError::NameTwice { channel } => {
                document.add(&key(channels, &channel, ""), "there is another channel of this name", "rename one");
            }
        }
    }
    let is_taken = |name: &&String| {
        channels.email.contains_key(*name) || channels.sms.contains_key(*name) || channels.cmpp.contains_key(*name)
    };
    for name in channels.file.keys().filter(is_taken) {
        document.add(&format!("channels.file.{name}"), "there is another channel of this name", "rename one");
    }
    let by_file = |medium| channels.file.values().any(|file| file.medium == medium);
    for (word, there) in [
        ("email", !channels.email.is_empty() || by_file(FileMedium::Email)),
        ("sms", channels.reaches_telephones() || by_file(FileMedium::Sms)),
    ] {
        if !there {
            let remedy = format!("add [channels.{word}.NAME], or [channels.file.NAME] with medium = \"{word}\"");
            document.add(
                &format!("channels.{word}"),
                format!("no channel takes {word}, so nobody would be told by it"),
                remedy,
            );
        }
    }
}

/// The key of a channel's setting.
fn key(channels: &channel::Settings, channel: &str, field: &str) -> String {
    let kind = match channel {
        channel if channels.email.contains_key(channel) => "email",
        channel if channels.sms.contains_key(channel) => "sms",
        channel if channels.cmpp.contains_key(channel) => "cmpp",
        _ => "file",
    };
    format!("channels.{kind}.{channel}.{field}").trim_end_matches('.').to_owned()
}
