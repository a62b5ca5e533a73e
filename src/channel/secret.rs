//! Passwords and tokens: where they come from, and that they are never seen.
//!
//! A setting says only where a secret lies. The room `config` fetches it, for it
//! alone reads the environment.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

/// Where a secret lies: exactly one of the keys is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretFrom {
    /// A file with nothing else in it; a line end at its end does not count.
    pub file: Option<PathBuf>,
    /// A variable of the environment.
    pub env: Option<String>,
    /// A credential of systemd (`LoadCredential=`).
    pub credential: Option<String>,
}

/// The one place where a secret lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretPlace<'a> {
    /// A file.
    File(&'a PathBuf),
    /// A variable of the environment.
    Env(&'a str),
    /// A credential of systemd.
    Credential(&'a str),
}

impl SecretFrom {
    /// The place, if exactly one is given.
    pub fn place(&self) -> Option<SecretPlace<'_>> {
        match (&self.file, &self.env, &self.credential) {
            (Some(file), None, None) => Some(SecretPlace::File(file)),
            (None, Some(name), None) => Some(SecretPlace::Env(name)),
            (None, None, Some(name)) => Some(SecretPlace::Credential(name)),
            _ => None,
        }
    }
}

/// Secrets by channel and name.
#[derive(Clone, Debug, Default)]
pub struct Secrets(BTreeMap<(String, String), SecretString>);

impl Secrets {
    /// Keeps a secret of a channel under the name that the settings gave it.
    pub fn keep(&mut self, channel: &str, name: &str, secret: SecretString) {
        self.0.insert((channel.to_owned(), name.to_owned()), secret);
    }

    /// The secret of a channel.
    pub fn get(&self, channel: &str, name: &str) -> Option<&SecretString> {
        self.0.get(&(channel.to_owned(), name.to_owned()))
    }
}
