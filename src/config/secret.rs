//! Secrets: fetched from a file, a systemd credential or the environment, and
//! never found in the settings themselves.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::{
    Places, environment,
    rights::{self, RightsError},
};
use crate::channel::{SecretFrom, SecretPlace};

/// Why a secret cannot be had: the key beneath the secret's own, and what to say.
#[derive(Debug, PartialEq, Eq)]
pub struct Lack {
    pub key: &'static str,
    pub what: String,
    pub remedy: String,
}

/// Fetches a secret.
pub fn fetch(from: &SecretFrom, places: &Places) -> Result<SecretString, Lack> {
    match from.place() {
        Some(SecretPlace::File(file)) => of_file("file", &places.of_settings(file)),
        Some(SecretPlace::Credential(name)) => match credential(name, places) {
            Some(path) => of_file("credential", &path),
            None => Err(Lack {
                key: "credential",
                what: format!("there is no systemd credential `{name}`"),
                remedy: format!("add LoadCredential={name}:FILE to the unit, or name a file with `file`"),
            }),
        },
        Some(SecretPlace::Env(name)) => {
            let value = environment(name).and_then(|value| value.into_string().ok());
            let Some(value) = value else {
                let what = format!("the environment has no variable `{name}`");
                return Err(Lack { key: "env", what, remedy: "set it, or name a file with `file`".to_owned() });
            };
            one_line("env", &format!("the variable `{name}`"), value)
        }
        None => Err(Lack {
            key: "",
            what: "it is not said in exactly one way where it lies".to_owned(),
            remedy: "write one of `file`, `credential` or `env`".to_owned(),
        }),
    }
}

/// The bytes of a secret, for the print of the settings and nothing else.
pub fn bytes(secret: &SecretString) -> &[u8] {
    secret.expose_secret().as_bytes()
}

fn credential(name: &str, places: &Places) -> Option<PathBuf> {
    let plain = Path::new(name).file_name() == Some(name.as_ref());
    places.credentials.as_ref().filter(|_| plain).map(|folder| folder.join(name)).filter(|path| path.exists())
}

fn of_file(key: &'static str, path: &Path) -> Result<SecretString, Lack> {
    let unreadable = |error: std::io::Error| Lack {
        key,
        what: format!("`{}` cannot be read ({error})", path.display()),
        remedy: "create the file for the user that runs duban, with mode 0600".to_owned(),
    };
    match rights::refuse_open(path) {
        Ok(()) => {}
        Err(RightsError::Unreadable(error)) => return Err(unreadable(error)),
        Err(RightsError::Open) => {
            return Err(Lack {
                key,
                what: format!("`{}` can be read by everybody", path.display()),
                remedy: "take that right away with chmod o=, and change the secret".to_owned(),
            });
        }
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    one_line(key, &format!("`{}`", path.display()), text)
}

/// A line break at the end does not belong to a secret.
fn one_line(key: &'static str, place: &str, text: String) -> Result<SecretString, Lack> {
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(['\r', '\n']) {
        let what = format!("{place} does not hold one line with the secret");
        return Err(Lack { key, what, remedy: "write the secret alone into it".to_owned() });
    }
    Ok(secret.to_owned().into())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    struct House(tempfile::TempDir);

    impl House {
        fn with(file: &str, text: &str, mode: u32) -> Self {
            let house = Self(tempfile::tempdir().unwrap());
            let path = house.0.path().join(file);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            house
        }

        fn fetch(&self, from: &str) -> Result<SecretString, Lack> {
            let dir = self.0.path().to_owned();
            fetch(&toml::from_str(from).unwrap(), &Places { credentials: Some(dir.clone()), dir })
        }
    }

    #[test]
    fn fetch_reads_a_line_from_a_file_beside_the_settings_or_a_credential() {
        let house = House::with("smtp", "s3cret\r\n", 0o600);
        for from in ["file = \"smtp\"", "credential = \"smtp\""] {
            assert_eq!(house.fetch(from).unwrap().expose_secret(), "s3cret");
        }
    }

    #[test]
    fn fetch_refuses_a_file_that_everybody_may_read() {
        let lack = House::with("smtp", "s3cret", 0o644).fetch("file = \"smtp\"").unwrap_err();
        assert!(lack.what.ends_with("can be read by everybody"), "{lack:?}");
    }

    #[test]
    fn fetch_refuses_what_is_no_line_and_shows_none_of_it() {
        for text in ["", "\n", "s3cret\nmore\n"] {
            let lack = House::with("smtp", text, 0o600).fetch("file = \"smtp\"").unwrap_err();
            assert!(lack.what.ends_with("does not hold one line with the secret"), "{lack:?}");
            assert!(!format!("{lack:?}").contains("s3cret"));
        }
    }

    #[test]
    fn fetch_refuses_two_places_and_none() {
        let house = House::with("smtp", "s3cret", 0o600);
        for from in ["file = \"smtp\"\ncredential = \"smtp\"", ""] {
            assert_eq!(house.fetch(from).unwrap_err().key, "", "{from}");
        }
    }

    #[test]
    fn fetch_names_the_credential_that_is_not_there_and_leaves_its_folder_never() {
        let house = House::with("smtp", "s3cret", 0o600);
        for name in ["sms", "../smtp", "."] {
            let lack = house.fetch(&format!("credential = \"{name}\"")).unwrap_err();
            assert_eq!(lack.what, format!("there is no systemd credential `{name}`"));
        }
    }

    #[test]
    fn fetch_names_the_variable_that_is_not_set() {
        let lack = House::with("smtp", "s3cret", 0o600).fetch("env = \"DUBAN_NO_SUCH_VARIABLE\"").unwrap_err();
        assert_eq!(lack.what, "the environment has no variable `DUBAN_NO_SUCH_VARIABLE`");
    }
}
