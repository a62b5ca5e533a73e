//! A dialogue with a mail server, step by step, so that it is always known how
//! far a mail has come when something breaks.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::{
    Address,
    transport::smtp::{
        commands::{Data, Ehlo, Mail, Quit, Rcpt, Rset, Starttls},
        extension::ClientId,
    },
};
use rustls::{ClientConfig, pki_types::ServerName};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{
    compose::Composed,
    wire::{Cut, Limit, Reply, Stream, Wire, within},
};

/// How far a mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Connect,
    Tls,
    Greeting,
    Hello,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The text is on its way, its final dot is not.
    Body,
    /// The final dot may have left: the server may have the mail.
    Dot,
}

/// What stopped a mail, and where.
#[derive(Debug)]
pub(super) struct Trouble {
    pub phase: Phase,
    pub cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    /// The server said no, or something that does not belong here.
    Said(Reply),
    Cut(Cut),
    /// TLS was not agreed on; with the words of the library.
    Untrusted(String),
    /// STARTTLS is demanded and not offered.
    NoStartTls,
    /// None of the ways to log in that we know is offered.
    NoAuth,
}

/// How a server is spoken to.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub hello: ClientId,
    pub login: Option<Login>,
}

#[derive(Clone, Debug)]
pub(super) enum Security {
    Plain,
    StartTls(ServerName<'static>, Arc<ClientConfig>),
    Implicit(ServerName<'static>, Arc<ClientConfig>),
}

#[derive(Clone, Debug)]
pub(super) struct Login {
    pub user: String,
    pub password: SecretString,
}

/// The limits of the steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Any step that is not one of the others.
    pub step: Limit,
    /// Connecting.
    pub connect: Duration,
    /// From the final dot to the reply.
    pub body: Duration,
}

/// A connection that has said hello and logged in.
#[derive(Debug)]
pub(super) struct Session {
    wire: Wire,
    /// A mail was begun and not ended: the server must be told to forget it.
    begun: bool,
    /// Mails sent over it.
    pub mails: u32,
}

impl Session {
    /// Connects, agrees on TLS, and logs in.
    pub async fn open(server: &Server, limits: Limits) -> Result<Self, Trouble> {
        let connecting = TcpStream::connect((server.host.as_str(), server.port));
        let stream = within(limits.step.with_step(limits.connect), connecting).await.map_err(at(Phase::Connect))?;
        // Small commands must not wait for each other's acknowledgement.
        stream.set_nodelay(true).map_err(|error| lost(Phase::Connect, &error))?;
        let (mut wire, mut offers) = match &server.security {
            Security::Plain => greet(Box::new(stream), server, limits.step).await?,
            Security::Implicit(name, config) => {
                greet(encrypt(Box::new(stream), name, config, limits.step).await?, server, limits.step).await?
            }
            Security::StartTls(name, config) => {
                let (mut wire, offers) = greet(Box::new(stream), server, limits.step).await?;
                if !offers.has("STARTTLS") {
                    return Err(Trouble { phase: Phase::Hello, cause: Cause::NoStartTls });
                }
                expect(&mut wire, &Starttls.to_string(), Phase::Tls, 200..300, limits.step).await?;
                let stream = wire.into_stream().map_err(at(Phase::Tls))?;
                let mut wire = Wire::new(encrypt(stream, name, config, limits.step).await?);
                // What was offered in the clear counts for nothing.
                let offers = hello(&mut wire, server, limits.step).await?;
                (wire, offers)
            }
        };
        if let Some(login) = &server.login {
            log_in(&mut wire, &mut offers, login, limits.step).await?;
        }
        Ok(Self { wire, begun: false, mails: 0 })
    }

    /// Begins a mail. The server knows nothing of recipient or text before this
    /// has gone well, so a kept connection that fails here may be replaced.
    pub async fn begin(&mut self, from: &Address, limits: Limits) -> Result<(), Trouble> {
        if self.begun {
            expect(&mut self.wire, &Rset.to_string(), Phase::Mail, 200..300, limits.step).await?;
        }
        self.begun = true;
        let command = Mail::new(Some(from.clone()), Vec::new()).to_string();
        expect(&mut self.wire, &command, Phase::Mail, 200..300, limits.step).await.map(drop)
    }

    /// Sends the rest of a mail that was begun; gives the last reply.
    pub async fn finish(&mut self, mail: &Composed, limits: Limits) -> Result<Reply, Trouble> {
        let rcpt = Rcpt::new(mail.to.clone(), Vec::new()).to_string();
        expect(&mut self.wire, &rcpt, Phase::Rcpt, 200..300, limits.step).await?;
        expect(&mut self.wire, &Data.to_string(), Phase::Data, 354..355, limits.step).await?;
        // Without its final dot no server may take a mail, so what breaks before
        // the dot leaves is certainly not sent.
        if let Err(cut) = self.wire.put(stuffed(&mail.text).as_bytes(), limits.step).await {
            return Err(self.refused_early(cut, limits).await);
        }
        let limit = limits.step.with_step(limits.body);
        let reply = expect(&mut self.wire, ".\r\n", Phase::Dot, 200..300, limit).await?;
        self.begun = false;
        self.mails += 1;
        Ok(reply)
    }

    /// A server that closes in the middle of a text may have said why.
    async fn refused_early(&mut self, cut: Cut, limits: Limits) -> Trouble {
        let limit = limits.step.with_step(Duration::from_millis(100));
        match self.wire.reply(limit).await {
            Ok(reply) if reply.code >= 400 => Trouble { phase: Phase::Body, cause: Cause::Said(reply) },
            Ok(_) | Err(_) => at(Phase::Body)(cut),
        }
    }

    /// Says goodbye without waiting for the answer.
    pub async fn quit(mut self, limits: Limits) {
        // The mails are settled; whether the goodbye arrives changes nothing.
        let _ = self.wire.put(Quit.to_string().as_bytes(), limits.step.with_step(Duration::from_millis(100))).await;
    }
}

/// What a server offers.
#[derive(Debug)]
struct Offers(Vec<String>);

impl Offers {
    fn has(&self, word: &str) -> bool {
        self.0.iter().any(|line| line.split_whitespace().next() == Some(word))
    }

    /// Whether a way to log in is offered; `AUTH=LOGIN` is how old servers say it.
    fn has_login(&self, way: &str) -> bool {
        let lines = self.0.iter().filter_map(|line| line.strip_prefix("AUTH"));
        lines.flat_map(|ways| ways.split([' ', '='])).any(|word| word == way)
    }
}

async fn greet(stream: Box<dyn Stream>, server: &Server, limit: Limit) -> Result<(Wire, Offers), Trouble> {
    let mut wire = Wire::new(stream);
    let greeting = wire.reply(limit).await.map_err(at(Phase::Greeting))?;
    said(greeting, Phase::Greeting, 200..300)?;
    let offers = hello(&mut wire, server, limit).await?;
    Ok((wire, offers))
}

async fn hello(wire: &mut Wire, server: &Server, limit: Limit) -> Result<Offers, Trouble> {
    let command = Ehlo::new(server.hello.clone()).to_string();
    let reply = expect(wire, &command, Phase::Hello, 200..300, limit).await?;
    Ok(Offers(reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect()))
}

async fn encrypt(
    stream: Box<dyn Stream>,
    name: &ServerName<'static>,
    config: &Arc<ClientConfig>,
    limit: Limit,
) -> Result<Box<dyn Stream>, Trouble> {
    let handshake = TlsConnector::from(config.clone()).connect(name.clone(), stream);
    match tokio::time::timeout_at(limit.end(), handshake).await {
        Err(_) => Err(Trouble { phase: Phase::Tls, cause: Cause::Cut(Cut::Timeout) }),
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        // An error of TLS itself is wrapped; anything else is the network's.
        Ok(Err(error)) => Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(inner) => Trouble { phase: Phase::Tls, cause: Cause::Untrusted(inner.to_string()) },
            None => lost(Phase::Tls, &error),
        }),
    }
}

async fn log_in(wire: &mut Wire, offers: &mut Offers, login: &Login, limit: Limit) -> Result<(), Trouble> {
    let (user, password) = (login.user.as_str(), login.password.expose_secret());
    if offers.has_login("PLAIN") {
        let response = STANDARD.encode(format!("\0{user}\0{password}"));
        expect(wire, &format!("AUTH PLAIN {response}\r\n"), Phase::Auth, 200..300, limit).await?;
    } else if offers.has_login("LOGIN") {
        // The words of the prompts differ from server to server; their order does not.
        expect(wire, "AUTH LOGIN\r\n", Phase::Auth, 334..335, limit).await?;
        expect(wire, &format!("{}\r\n", STANDARD.encode(user)), Phase::Auth, 334..335, limit).await?;
        expect(wire, &format!("{}\r\n", STANDARD.encode(password)), Phase::Auth, 200..300, limit).await?;
    } else {
        return Err(Trouble { phase: Phase::Auth, cause: Cause::NoAuth });
    }
    Ok(())
}

/// Sends a command and takes only replies of some codes.
async fn expect(
    wire: &mut Wire,
    command: &str,
    phase: Phase,
    wanted: std::ops::Range<u16>,
    limit: Limit,
) -> Result<Reply, Trouble> {
    let reply = wire.ask(command, limit).await.map_err(at(phase))?;
    said(reply, phase, wanted)
}

fn said(reply: Reply, phase: Phase, wanted: std::ops::Range<u16>) -> Result<Reply, Trouble> {
    if wanted.contains(&reply.code) { Ok(reply) } else { Err(Trouble { phase, cause: Cause::Said(reply) }) }
}

fn at(phase: Phase) -> impl FnOnce(Cut) -> Trouble {
    move |cut| Trouble { phase, cause: Cause::Cut(cut) }
}

fn lost(phase: Phase, error: &std::io::Error) -> Trouble {
    Trouble { phase, cause: Cause::Cut(Cut::Lost(error.to_string())) }
}

/// The text with a second dot before every line that begins with one.
fn stuffed(text: &str) -> String {
    let text = text.replace("\r\n.", "\r\n..");
    if text.starts_with('.') { format!(".{text}") } else { text }
}

impl Phase {
    /// The phase's stable name, as codes and tables have it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Hello => "hello",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Body => "body",
            Self::Dot => "dot",
        }
    }
}
