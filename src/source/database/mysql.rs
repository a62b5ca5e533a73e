//! MySQL and MariaDB: how a connection is opened and asked.

use secrecy::ExposeSecret;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Executor, MySql, MySqlConnection, Row, SqlSafeStr, Statement, TypeInfo,
    ValueRef,
    mysql::{MySqlArguments, MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode},
    query::Query,
};

use super::{
    answer::Answer,
    link::{Place, Protection, Purpose},
    sql::Arg,
};

/// "Unknown system variable".
const UNKNOWN_VARIABLE: u16 = 1193;

/// Opens a connection in the store's zone, with its limit for a statement.
pub(super) async fn connect(place: &Place, purpose: Purpose) -> Result<MySqlConnection, sqlx::Error> {
    let mut options = MySqlConnectOptions::new()
        .host(&place.host)
        .port(place.port)
        .database(&place.database)
        .username(&place.user)
        .password(place.password.expose_secret())
        // The modes stay the server's: expressions of the map mean what they mean there.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(Some(place.zone.to_string()))
        .statement_cache_capacity(1)
        .disable_statement_logging();
    options = match &place.tls {
        Protection::Tls { ca_file: Some(file) } => options.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca(file),
        Protection::Tls { ca_file: None } => options.ssl_mode(MySqlSslMode::VerifyIdentity),
        Protection::Plain => options.ssl_mode(MySqlSslMode::Disabled),
    };
    let mut connection = options.connect().await?;
    if purpose == Purpose::Reading {
        connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
    }
    limit(&mut connection, place).await?;
    Ok(connection)
}

/// MariaDB counts seconds under one name, MySQL milliseconds under another.
async fn limit(connection: &mut MySqlConnection, place: &Place) -> Result<(), sqlx::Error> {
    let of_mariadb = format!("SET SESSION max_statement_time = {}", place.timeout.as_secs());
    let is_unknown = |error: &sqlx::Error| match error {
        sqlx::Error::Database(error) => {
            error.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == UNKNOWN_VARIABLE)
        }
        _ => false,
    };
    match sqlx::raw_sql(AssertSqlSafe(of_mariadb)).execute(&mut *connection).await {
        Ok(_) => Ok(()),
        Err(error) if is_unknown(&error) => {
            let of_mysql = format!("SET SESSION max_execution_time = {}", place.timeout.as_millis());
            sqlx::raw_sql(AssertSqlSafe(of_mysql)).execute(connection).await.map(|_| ())
        }
        Err(error) => Err(error),
    }
}

/// Asks, and takes every cell as text.
pub(super) async fn ask(connection: &mut MySqlConnection, sql: String, args: Vec<Arg>) -> Result<Answer, sqlx::Error> {
    let rows = bound(sql, args).fetch_all(connection).await?;
    let mut answer = Answer::new(rows.first().map_or(0, Row::len));
    for row in &rows {
        for column in 0..row.len() {
            let value = row.try_get_raw(column)?;
            answer.push(if value.is_null() { None } else { Some(row.try_get_unchecked(column)?) });
        }
    }
    Ok(answer)
}

/// The types of what a statement gives.
pub(super) async fn types(connection: &mut MySqlConnection, sql: String) -> Result<Vec<String>, sqlx::Error> {
    // Rights are judged when it is run.
    let sql = AssertSqlSafe(sql).into_sql_str();
    let statement = connection.prepare(sql.clone()).await?;
    let types = statement.columns().iter().map(|column| column.type_info().name().to_owned()).collect();
    sqlx::query(sql).persistent(false).fetch_all(connection).await?;
    Ok(types)
}

/// Runs a statement that changes rows; how many it hit.
pub(super) async fn tell(connection: &mut MySqlConnection, sql: String, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
    Ok(bound(sql, args).execute(connection).await?.rows_affected())
}

fn bound(sql: String, args: Vec<Arg>) -> Query<'static, MySql, MySqlArguments> {
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    args.into_iter().fold(query, |query, arg| match arg {
        Arg::Text(text) => query.bind(text),
        Arg::List(texts) => texts.into_iter().fold(query, |query, text| query.bind(text)),
        Arg::Number(number) => query.bind(number),
    })
}
