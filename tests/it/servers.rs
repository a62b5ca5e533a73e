//! The PostgreSQL and the MariaDB that `tests/with-servers` started: each test makes
//! databases and accounts of its own there.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use duban::source::{
    Dialect, Store, StorePlace,
    database::{Place, Protection, tables::Tables},
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};

pub const BOTH: [Dialect; 2] = [Dialect::Postgres, Dialect::MySql];

/// The password of every reader.
pub const PASSWORD: &str = "s3cret-of-tests";

/// A database of a test, with an account that may only read it.
pub struct Database {
    pub dialect: Dialect,
    pub name: String,
    pub reader: String,
    pub port: u16,
    admin: String,
}

/// A connection of the administrator's.
pub enum Admin {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

#[expect(clippy::disallowed_methods, reason = "tests/with-servers says by the environment where its servers are")]
fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set; run: tests/with-servers cargo test"))
}

/// The folder with the servers' logs and the authority of their certificates.
pub fn folder() -> PathBuf {
    environment("DUBAN_TEST_SERVERS").into()
}

pub fn url(dialect: Dialect) -> String {
    environment(match dialect {
        Dialect::Postgres => "DUBAN_TEST_POSTGRES",
        Dialect::MySql => "DUBAN_TEST_MARIADB",
    })
}

impl Database {
    pub async fn new(dialect: Dialect) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        duban::channel::tls::install();
        let url = url(dialect);
        let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let (server, _) = url.rsplit_once('/').unwrap();
        let port = server.rsplit_once(':').unwrap().1.parse().unwrap();
        let database = Self { dialect, reader: format!("r_{name}"), port, admin: format!("{server}/{name}"), name };
        let mut admin = Admin::at(dialect, &url).await;
        admin.run(&format!("CREATE DATABASE {}", database.name)).await;
        let reader = &database.reader;
        match dialect {
            Dialect::Postgres => admin.run(&format!("CREATE ROLE {reader} LOGIN PASSWORD '{PASSWORD}'")).await,
            Dialect::MySql => {
                admin.run(&format!("CREATE USER {reader}@'%' IDENTIFIED BY '{PASSWORD}'")).await;
                admin.run(&format!("GRANT SELECT ON {}.* TO {reader}@'%'", database.name)).await;
            }
        }
        database
    }

    /// A database made by these statements, all of which the reader may read.
    pub async fn with(dialect: Dialect, sql: &str) -> Self {
        let database = Self::new(dialect).await;
        database.run(sql).await;
        database.grant().await;
        database
    }

    /// Another database of the same reader, which is there already.
    pub fn beside(&self, tail: &str) -> Self {
        let Self { dialect, reader, port, .. } = self;
        let (name, admin) = (format!("{}{tail}", self.name), format!("{}{tail}", self.admin));
        Self { dialect: *dialect, name, reader: reader.clone(), port: *port, admin }
    }

    /// The reader may read every table that is there by now.
    pub async fn grant(&self) {
        if self.dialect == Dialect::Postgres {
            self.run(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", self.reader)).await;
        }
    }

    pub async fn run(&self, sql: &str) {
        self.admin().await.run(sql).await;
    }

    pub async fn admin(&self) -> Admin {
        Admin::at(self.dialect, &self.admin).await
    }

    pub fn place(&self) -> Place {
        Place {
            dialect: self.dialect,
            host: "127.0.0.1".into(),
            port: self.port,
            database: self.name.clone(),
            user: self.reader.clone(),
            password: PASSWORD.into(),
            tls: Protection::Plain,
            timeout: Duration::from_secs(10),
            zone: "+08:00".parse().unwrap(),
        }
    }

    pub async fn open(&self, tables: &Tables) -> Store {
        let place = StorePlace::Database(Box::new((self.place(), tables.clone())));
        Store::open(&place).await.unwrap()
    }

    /// `[store]` of the settings; the password lies in `secret` beside them.
    pub fn settings(&self, columns: &str) -> String {
        let kind = match self.dialect {
            Dialect::Postgres => "postgresql",
            Dialect::MySql => "mysql",
        };
        format!(
            "kind = \"{kind}\"\nhost = \"127.0.0.1\"\nport = {}\ndatabase = \"{}\"\nuser = \"{}\"\n\
             password = {{ file = \"secret\" }}\ntls = \"off\"\ncolumns = \"{columns}\"",
            self.port, self.name, self.reader
        )
    }
}

impl Admin {
    pub async fn at(dialect: Dialect, url: &str) -> Self {
        match dialect {
            Dialect::Postgres => Self::Postgres(PgConnection::connect(url).await.unwrap()),
            Dialect::MySql => Self::MySql(MySqlConnection::connect(url).await.unwrap()),
        }
    }

    /// Runs statements, several at once if need be.
    pub async fn run(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(connection) => _ = sql.execute(connection).await.unwrap(),
            Self::MySql(connection) => _ = sql.execute(connection).await.unwrap(),
        }
    }

    /// The first column of what a statement gives, as text.
    pub async fn texts(&mut self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await.unwrap(),
            Self::MySql(connection) => sqlx::query_scalar(sql).fetch_all(connection).await.unwrap(),
        }
    }
}
