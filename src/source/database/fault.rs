//! Why a database does not answer, in words by which it can be put right.
//!
//! What a server says is repeated only where it speaks of names: of a value it may
//! say the value, and that may be a citizen's.

use std::io;

use sqlx::{mysql::MySqlDatabaseError, postgres::PgDatabaseError};

/// The true cause, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error(
        "the connection was refused: nothing listens there; correct store.host and store.port, or start the server"
    )]
    Refused,
    #[error("there is no host of that name; correct store.host, or enter it in the name server")]
    NoHost,
    #[error("no answer within {seconds} s; let the firewall through, or see whether the server hangs")]
    Silent { seconds: u64 },
    #[error("the host cannot be reached; see to the network and its routes")]
    Unreachable,
    #[error("its certificate is of an unknown authority; name the authority's file in store.ca_file")]
    UnknownAuthority,
    #[error("its certificate is not for that name; write in store.host the name that is in it")]
    OtherName,
    #[error("its certificate cannot be used ({0}); have it renewed")]
    Certificate(String),
    #[error("it speaks no TLS; have it switched on, or write tls = \"off\" where the way to it is safe")]
    NoTls,
    #[error("the password or the user is wrong; correct store.user and the secret of store.password")]
    Password,
    #[error("it does not admit this account from here ({0}); have its administrator allow it")]
    NotAdmitted(String),
    #[error("there is no such database; correct store.database")]
    NoDatabase,
    #[error("a table is not there ({0}); correct the name in the column map, capitals count")]
    NoTable(String),
    #[error("a column is not there ({0}); correct the name in the column map, capitals count")]
    NoColumn(String),
    #[error("the account may not read it ({0}); have its administrator GRANT SELECT")]
    NoRight(String),
    #[error("it has no connection left; have its administrator allow one more")]
    Full,
    #[error("it is starting or stopping; wait for it")]
    Starting,
    #[error("it took too long over a statement; add the index that the manual names, or raise store.timeout_s")]
    Slow,
    #[error("the connection broke off; it is made again at the next look")]
    Lost,
    #[error("it does not understand a statement ({0}); correct the expression in the column map")]
    Statement(String),
    #[error("`updated` is of the type {0}; name a column with date and time, or leave it out to compare every row")]
    ChangeTime(String),
    #[error("it failed with the code {0}; see the server's own log")]
    Other(String),
}

/// What an error of the driver means.
pub(in crate::source) fn cause(error: &sqlx::Error) -> Cause {
    match error {
        sqlx::Error::Io(error) => of_io(error),
        sqlx::Error::Tls(error) => of_tls(error.as_ref()),
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => of_postgres(error),
            None => error.try_downcast_ref::<MySqlDatabaseError>().map_or(Cause::Lost, of_mysql),
        },
        sqlx::Error::Protocol(_) => Cause::Lost,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Cause::Other("of a value".to_owned()),
        _ => Cause::Lost,
    }
}

fn of_io(error: &io::Error) -> Cause {
    if let Some(inner) = error.get_ref()
        && let Some(tls) = inner.downcast_ref::<rustls::Error>()
    {
        return of_tls(tls);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Cause::Refused,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Cause::Unreachable,
        _ => Cause::Lost,
    }
}

fn of_tls(error: &(dyn std::error::Error + 'static)) -> Cause {
    let mut told = error.to_string();
    let mut beneath = error.source();
    while let Some(error) = beneath {
        told = format!("{told}: {error}");
        beneath = error.source();
    }
    if told.contains("does not support TLS") {
        Cause::NoTls
    } else if told.contains("UnknownIssuer") || told.contains("CaUsedAsEndEntity") {
        Cause::UnknownAuthority
    } else if told.contains("NotValidForName") || told.contains("not valid for name") {
        Cause::OtherName
    } else {
        Cause::Certificate(told)
    }
}

fn of_postgres(error: &PgDatabaseError) -> Cause {
    let told = || error.message().to_owned();
    match error.code() {
        "28P01" => Cause::Password,
        "28000" => Cause::NotAdmitted(told()),
        "3D000" => Cause::NoDatabase,
        "42P01" | "3F000" => Cause::NoTable(told()),
        "42703" => Cause::NoColumn(told()),
        "42501" => Cause::NoRight(told()),
        "53300" => Cause::Full,
        "57P03" => Cause::Starting,
        "57P01" | "57P02" | "25P03" => Cause::Lost,
        "57014" => Cause::Slow,
        code if code.starts_with("42") => Cause::Statement(told()),
        code => Cause::Other(code.to_owned()),
    }
}

fn of_mysql(error: &MySqlDatabaseError) -> Cause {
    let told = || error.message().to_owned();
    match error.number() {
        1045 | 1698 => Cause::Password,
        1130 | 3159 => Cause::NotAdmitted(told()),
        1049 => Cause::NoDatabase,
        1146 | 1051 => Cause::NoTable(told()),
        1054 => Cause::NoColumn(told()),
        // Of a database that one may not see, it is not said whether it is there.
        1044 | 1142 | 1143 | 1370 => Cause::NoRight(told()),
        1040 | 1203 | 1226 => Cause::Full,
        1053 | 1927 | 1152 => Cause::Lost,
        1969 | 3024 => Cause::Slow,
        1064 | 1305 | 1582 => Cause::Statement(told()),
        number => Cause::Other(number.to_string()),
    }
}
