//! `[channels]`: which channels there are, their files and their secrets.

use super::{Document, Places, Settings, folder::Folder, secret};
use crate::{
    channel::{self, ChannelError, Secrets, Trial},
    notice::Medium,
};

/// Where secrets are named.
const SECRETS: [&str; 9] = [
    "channels.email.*.password",
    "channels.sms.*.secrets.*",
    "channels.cmpp.*.secret",
    "channels.aliyun.*.access_key_secret",
    "channels.tencent.*.secret_key",
    "channels.mas.*.secret_key",
    "channels.chat.*.key",
    "channels.chat.*.secret",
    "channels.webhook.*.secret",
];

/// Takes the table out of the document, places its files, and fetches its secrets.
pub fn take(
    document: &mut Document<'_>,
    settings: &Settings,
    places: &Places,
    folder: &mut Folder,
) -> (channel::Settings, Secrets) {
    // A parser would quote what it did not expect, and so print the secret.
    let inline: Vec<String> = SECRETS.iter().flat_map(|path| document.take_texts(path)).collect();
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
    for path in channels.ca_files_mut() {
        *path = places.of_settings(path);
    }
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
        tell(channels, error, document);
    }
    let names = channels.names();
    let is_taken = |name: &&String| names.iter().any(|(kind, other)| *kind != "file" && other == *name);
    for name in channels.file.keys().filter(is_taken) {
        document.add(&format!("channels.file.{name}"), "there is another channel of this name", "rename one");
    }
    let media = channels.media();
    for medium in [Medium::Email, Medium::Sms].into_iter().filter(|medium| !media.contains(medium)) {
        let remedy = format!("add [channels.{medium}.NAME], or [channels.file.NAME] with medium = \"{medium}\"");
        document.add(
            &format!("channels.{medium}"),
            format!("no channel takes {medium}, so nobody would be told by it"),
            remedy,
        );
    }
}

/// Tries the channels with what the other settings say.
pub fn try_out(channels: &channel::Settings, secrets: &Secrets, trial: &Trial, document: &mut Document<'_>) {
    for error in channels.try_out(secrets, trial).0 {
        tell(channels, error, document);
    }
}

/// Adds a fault under the key of its setting.
fn tell(channels: &channel::Settings, error: ChannelError, document: &mut Document<'_>) {
    match error {
        ChannelError::Setting { channel, field, why } => {
            document.add(&key(channels, &channel, &field), why, "correct the value");
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

/// The key of a channel's setting.
fn key(channels: &channel::Settings, channel: &str, field: &str) -> String {
    let names = channels.names();
    let kind = names.iter().find(|(_, name)| *name == channel).map_or("file", |(kind, _)| kind);
    format!("channels.{kind}.{channel}.{field}").trim_end_matches('.').to_owned()
}
