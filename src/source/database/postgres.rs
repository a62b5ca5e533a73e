//! PostgreSQL: how a connection is opened and asked.

use secrecy::ExposeSecret;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Executor, PgConnection, Postgres, Row, SqlSafeStr, Statement, TypeInfo,
    ValueRef,
    postgres::{PgArguments, PgConnectOptions, PgSslMode},
    query::Query,
};

use super::{
    answer::Answer,
    link::{Place, Protection, Purpose},
    sql::Arg,
};

/// Opens a connection in the store's zone, with its limit for a statement.
pub(super) async fn connect(place: &Place, purpose: Purpose) -> Result<PgConnection, sqlx::Error> {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&place.host)
        .port(place.port)
        .database(&place.database)
        .username(&place.user)
        .password(place.password.expose_secret())
        .application_name("duban")
        // A balancer between may give each statement to another connection.
        .statement_cache_capacity(0)
        .disable_statement_logging();
    options = match &place.tls {
        Protection::Tls { ca_file: Some(file) } => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(file),
        Protection::Tls { ca_file: None } => options.ssl_mode(PgSslMode::VerifyFull),
        Protection::Plain => options.ssl_mode(PgSslMode::Disable),
    };
    let mut connection = options.connect().await?;
    let reading = match purpose {
        Purpose::Reading => "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; ",
        Purpose::WritingBack => "",
    };
    let limit = place.timeout.as_millis();
    let settings =
        format!("{reading}SET statement_timeout = {limit}; SET TIME ZONE INTERVAL '{}' HOUR TO MINUTE", place.zone);
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut connection).await?;
    Ok(connection)
}

/// Asks, and takes every cell as text.
pub(super) async fn ask(connection: &mut PgConnection, sql: String, args: Vec<Arg>) -> Result<Answer, sqlx::Error> {
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
pub(super) async fn types(connection: &mut PgConnection, sql: String) -> Result<Vec<String>, sqlx::Error> {
    // Rights are judged when it is run.
    let sql = AssertSqlSafe(sql).into_sql_str();
    let statement = connection.prepare(sql.clone()).await?;
    let types = statement.columns().iter().map(|column| column.type_info().name().to_owned()).collect();
    sqlx::query(sql).persistent(false).fetch_all(connection).await?;
    Ok(types)
}

/// Runs a statement that changes rows; how many it hit.
pub(super) async fn tell(connection: &mut PgConnection, sql: String, args: Vec<Arg>) -> Result<u64, sqlx::Error> {
    Ok(bound(sql, args).execute(connection).await?.rows_affected())
}

fn bound(sql: String, args: Vec<Arg>) -> Query<'static, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    args.into_iter().fold(query, |query, arg| match arg {
        Arg::Text(text) => query.bind(text),
        Arg::List(texts) => query.bind(texts),
        Arg::Number(number) => query.bind(number),
    })
}
