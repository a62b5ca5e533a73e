//! A mail server that does what a script says at any point of the dialogue.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// Where the server is asked what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    Auth,
    Rset,
    Mail,
    Rcpt,
    Data,
    /// While the text comes in, before its final dot.
    Text,
    /// After the final dot: the server has the mail.
    Dot,
}

impl At {
    pub const ALL: [At; 10] =
        [At::Greeting, At::Ehlo, At::StartTls, At::Auth, At::Rset, At::Mail, At::Rcpt, At::Data, At::Text, At::Dot];
}

/// What it does there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Goes on as it should.
    Well,
    /// Says this and goes on.
    Say(Vec<u8>),
    /// Says this and closes.
    SayAndClose(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Says nothing more, and keeps the connection.
    Stall,
}

impl Do {
    pub fn say(line: &str) -> Self {
        Self::Say(format!("{line}\r\n").into_bytes())
    }
}

type Script = dyn Fn(usize, At) -> Do + Send + Sync;

/// What it saw.
#[derive(Debug, Default)]
pub struct Seen {
    pub connections: usize,
    /// Every command and the end of every text, in order.
    pub commands: Vec<String>,
    /// Whole mails, final dot included, whatever was answered.
    pub mails: Vec<String>,
}

/// The server; it is stopped when this is dropped.
pub struct SmtpPeer {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
    _tasks: JoinSet<()>,
}

impl SmtpPeer {
    /// A server that does `script(n, at)` on its nth connection, counted from 1.
    pub async fn doing(script: impl Fn(usize, At) -> Do + Send + Sync + 'static) -> Self {
        Self::started(None, script).await
    }

    /// The same, under TLS from the first byte.
    pub async fn doing_under_tls(
        acceptor: TlsAcceptor,
        script: impl Fn(usize, At) -> Do + Send + Sync + 'static,
    ) -> Self {
        Self::started(Some(acceptor), script).await
    }

    /// A server that does one thing at one place, on every connection.
    pub async fn doing_at(place: At, what: Do) -> Self {
        Self::doing(move |_, at| if at == place { what.clone() } else { Do::Well }).await
    }

    async fn started(tls: Option<TlsAcceptor>, script: impl Fn(usize, At) -> Do + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, tls, seen.clone(), Arc::new(script)));
        Self { port, seen, _tasks: tasks }
    }

    /// What it saw so far.
    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }
}

async fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, seen: Arc<Mutex<Seen>>, script: Arc<Script>) {
    // Each connection ends with the server.
    let mut dialogues = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let n = {
            let mut seen = seen.lock().unwrap();
            seen.connections += 1;
            seen.connections
        };
        dialogues.spawn(serve(stream, tls.clone(), n, seen.clone(), script.clone()));
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, n: usize, seen: Arc<Mutex<Seen>>, script: Arc<Script>) {
    let script = move |at| script(n, at);
    // A client that goes away ends the dialogue and nothing else.
    let _ = match tls {
        None => dialogue(BufReader::new(stream), &seen, &script).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => dialogue(BufReader::new(stream), &seen, &script).await,
            Err(error) => Err(error),
        },
    };
}

async fn dialogue<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    seen: &Mutex<Seen>,
    script: &(impl Fn(At) -> Do + Send + Sync),
) -> std::io::Result<()> {
    if !act(&mut stream, script(At::Greeting), "220 peer.example.org ESMTP").await? {
        return Ok(());
    }
    let mut login_lines = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        seen.lock().unwrap().commands.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let (at, well) = match verb.as_str() {
            _ if login_lines > 0 => {
                login_lines -= 1;
                (At::Auth, if login_lines > 0 { "334 any words" } else { "235 2.7.0 in" })
            }
            "EHLO" => (At::Ehlo, "250-peer.example.org\r\n250-AUTH=LOGIN\r\n250-AUTH LOGIN\r\n250 8BITMIME"),
            "STARTTLS" => (At::StartTls, "454 4.7.0 not here"),
            "AUTH" => {
                login_lines = 2;
                (At::Auth, "334 dXNlcm5hbWU6")
            }
            "RSET" => (At::Rset, "250 2.0.0 forgotten"),
            "MAIL" => (At::Mail, "250 2.1.0 ok"),
            "RCPT" => (At::Rcpt, "250 2.1.5 ok"),
            "DATA" => (At::Data, "354 go on"),
            "QUIT" => return stream.get_mut().write_all(b"221 bye\r\n").await,
            _ => {
                stream.get_mut().write_all(b"502 what\r\n").await?;
                continue;
            }
        };
        let what = script(at);
        let goes_on = at == At::Data && matches!(what, Do::Well);
        if !act(&mut stream, what, well).await? {
            return Ok(());
        }
        if goes_on && !take_text(&mut stream, seen, script).await? {
            return Ok(());
        }
    }
}

async fn take_text<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    seen: &Mutex<Seen>,
    script: &(impl Fn(At) -> Do + Send + Sync),
) -> std::io::Result<bool> {
    match script(At::Text) {
        Do::Well => {}
        what => return act(stream, what, "").await,
    }
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        if line == ".\r\n" {
            break;
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
    {
        let mut seen = seen.lock().unwrap();
        seen.commands.push(".".to_owned());
        seen.mails.push(text);
    }
    act(stream, script(At::Dot), "250 2.0.0 Ok: queued as ABC123").await
}

/// Does it; false if the connection is over.
async fn act<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    what: Do,
    well: &str,
) -> std::io::Result<bool> {
    match what {
        Do::Well => stream.get_mut().write_all(format!("{well}\r\n").as_bytes()).await?,
        Do::Say(bytes) => stream.get_mut().write_all(&bytes).await?,
        Do::SayAndClose(bytes) => {
            stream.get_mut().write_all(&bytes).await?;
            stream.get_mut().shutdown().await?;
            return Ok(false);
        }
        Do::Close => return Ok(false),
        Do::Stall => std::future::pending().await,
    }
    stream.get_mut().flush().await?;
    Ok(true)
}
