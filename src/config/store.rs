//! `[store]`: where the tickets are.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;

use super::{Document, Places, Settings, folder::Folder, secret};
use crate::{
    channel::SecretFrom,
    source::{
        ColumnMap, Dialect, StorePlace,
        database::{Place, Protection},
    },
};

/// `[store]`: where the tickets are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    pub kind: StoreKind,
    /// The file of our own SQLite store, which `duban import` fills.
    pub path: PathBuf,
    /// The column map `columns/<name>.toml` by which exports or a database are read.
    pub columns: String,
    /// The database's host.
    pub host: String,
    /// Its port; by default that of its kind.
    pub port: Option<u16>,
    pub database: String,
    /// An account that may only read.
    pub user: String,
    pub password: Option<SecretFrom>,
    /// How the way to it is protected.
    pub tls: StoreTls,
    /// A PEM file with the authority of the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// Limit for a statement, in seconds.
    pub timeout_s: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            kind: StoreKind::Sqlite,
            path: "tickets.db".into(),
            columns: "default".to_owned(),
            host: String::new(),
            port: None,
            database: String::new(),
            user: String::new(),
            password: None,
            tls: StoreTls::Required,
            ca_file: None,
            timeout_s: 30,
        }
    }
}

/// The kinds of ticket store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Our own schema in SQLite.
    Sqlite,
    /// The platform's PostgreSQL, or what speaks like it.
    Postgresql,
    /// The platform's MySQL or MariaDB.
    Mysql,
}

impl StoreKind {
    fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Sqlite => None,
            Self::Postgresql => Some(Dialect::Postgres),
            Self::Mysql => Some(Dialect::MySql),
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Sqlite | Self::Postgresql => 5432,
            Self::Mysql => 3306,
        }
    }
}

/// How the way to a database is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreTls {
    /// By TLS, with the certificate checked.
    Required,
    /// Not at all, and the database is on this machine.
    Off,
    /// Not at all, and the way to it is known to be safe.
    Trusted,
}

impl Store {
    /// Takes the table out of the document. A secret in it is not shown.
    pub(super) fn take(document: &mut Document<'_>) -> Self {
        // A parser would quote what it did not expect, and so print the secret.
        for key in document.take_texts("store.password") {
            let remedy = "take it out, change it, and say where it lies: { file = \"…\" } or { credential = \"…\" }";
            document.add(&key, "a secret must not stand in the settings", remedy);
        }
        document.table("store").unwrap_or_default()
    }

    pub(super) fn check(&self, document: &mut Document<'_>) {
        if !super::settings::is_plain(&self.columns) {
            let what = format!("`{}` is no name of a column map", self.columns);
            document.add("store.columns", what, "write the name of a file in columns/, without .toml");
        }
        let said = [("host", &self.host), ("database", &self.database), ("user", &self.user)];
        if self.kind == StoreKind::Sqlite {
            for (key, _) in said.iter().filter(|(_, value)| !value.is_empty()) {
                let what = "the kind is sqlite, which is a file";
                document.add(&format!("store.{key}"), what, "write kind = \"postgresql\" or \"mysql\", or remove it");
            }
            return;
        }
        for (key, _) in said.iter().filter(|(_, value)| value.is_empty()) {
            document.add(&format!("store.{key}"), "it is empty", "write it: a database is not guessed");
        }
        if self.tls == StoreTls::Off && !self.host.is_empty() && !is_this_machine(&self.host) {
            let what = format!("`{}` is another machine: citizens' data would pass unprotected", self.host);
            let remedy = "write tls = \"required\", or tls = \"trusted\" if the way there is known to be safe";
            document.add("store.tls", what, remedy);
        }
        if !(1..=600).contains(&self.timeout_s) {
            let what = format!("{} is out of bounds", self.timeout_s);
            document.add("store.timeout_s", what, "write 1 to 600");
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The place that the settings name; what does not fit is told to `document`.
pub(super) fn place(
    settings: &Settings,
    columns: Option<&ColumnMap>,
    places: &Places,
    document: &mut Document<'_>,
    folder: &mut Folder,
) -> StorePlace {
    let store = &settings.store;
    let Some(dialect) = store.kind.dialect() else { return StorePlace::Sqlite(settings.store_path()) };
    let password = password(store, places, document, folder);
    let ca_file = store.ca_file.as_ref().map(|file| places.of_settings(file));
    if let Some(file) = &ca_file {
        check_authority(file, document);
    }
    let tables = columns.and_then(|columns| columns.tables.clone());
    if columns.is_some() && tables.is_none() {
        let what = format!("the column map `{}` has no [table], so it is one of exports", store.columns);
        let remedy = "write platform-mysql or platform-postgres, or add [table] to it";
        document.add("store.columns", what, remedy);
    }
    let (Some(columns), Some(tables)) = (columns, tables) else { return StorePlace::Sqlite(settings.store_path()) };
    let place = Place {
        dialect,
        host: store.host.clone(),
        port: store.port.unwrap_or_else(|| store.kind.port()),
        database: store.database.clone(),
        user: store.user.clone(),
        password,
        tls: match store.tls {
            StoreTls::Required => Protection::Tls { ca_file },
            StoreTls::Off | StoreTls::Trusted => Protection::Plain,
        },
        timeout: Duration::from_secs(store.timeout_s),
        zone: columns.zone,
    };
    StorePlace::Database(Box::new((place, tables)))
}

fn password(store: &Store, places: &Places, document: &mut Document<'_>, folder: &mut Folder) -> SecretString {
    let Some(from) = &store.password else {
        document.add("store.password", "it is not there", "write { file = \"…\" } or { credential = \"…\" }");
        return SecretString::default();
    };
    match secret::fetch(from, places) {
        Ok(found) => {
            folder.seen("store.password".as_ref(), secret::bytes(&found));
            found
        }
        Err(lack) => {
            document.add(format!("store.password.{}", lack.key).trim_end_matches('.'), lack.what, lack.remedy);
            SecretString::default()
        }
    }
}

fn check_authority(file: &std::path::Path, document: &mut Document<'_>) {
    let what = match std::fs::read_to_string(file) {
        Ok(text) if text.contains("BEGIN CERTIFICATE") => return,
        Ok(_) => format!("`{}` holds no certificate in PEM", file.display()),
        Err(error) => format!("`{}` cannot be read ({error})", file.display()),
    };
    document.add("store.ca_file", what, "name the authority's certificate, readable for the user that runs duban");
}
