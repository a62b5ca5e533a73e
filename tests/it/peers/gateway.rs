//! An SMS gateway that answers what a script says, byte for byte.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// What it does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Answers with a status, headers and a body.
    Answer(u16, &'static str, Vec<u8>),
    /// Answers 200 with the request's own first line and body, as an angry gateway does.
    Echo,
    /// Sends these bytes and closes.
    Raw(Vec<u8>),
    /// Sends these bytes and then nothing, ever.
    RawAndStall(Vec<u8>),
    /// Reads the request and closes.
    Close,
    /// Reads the request and says nothing.
    Stall,
    /// Answers 200 with a body of ten megabytes.
    Flood,
}

impl Do {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, "content-type: application/json\r\n", body.as_bytes().to_vec())
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::Answer(status, "content-type: text/plain\r\n", body.as_bytes().to_vec())
    }
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The first line.
    pub line: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

type Script = dyn Fn(usize) -> Do + Send + Sync;

/// The gateway; it is stopped when this is dropped.
pub struct GatewayPeer {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    _tasks: JoinSet<()>,
}

impl GatewayPeer {
    /// A gateway that does the same with every request.
    pub async fn doing(what: Do) -> Self {
        Self::started(None, move |_| what.clone()).await
    }

    /// The same, under TLS.
    pub async fn doing_under_tls(acceptor: TlsAcceptor, what: Do) -> Self {
        Self::started(Some(acceptor), move |_| what.clone()).await
    }

    /// A gateway that does `script(n)` with the nth request, counted from 1.
    pub async fn scripted(script: impl Fn(usize) -> Do + Send + Sync + 'static) -> Self {
        Self::started(None, script).await
    }

    async fn started(tls: Option<TlsAcceptor>, script: impl Fn(usize) -> Do + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, tls, asked.clone(), Arc::new(script)));
        Self { port, asked, _tasks: tasks }
    }

    /// Every request that was read to its end.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, asked: Arc<Mutex<Vec<Asked>>>, script: Arc<Script>) {
    let mut exchanges = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        exchanges.spawn(serve(stream, tls.clone(), asked.clone(), script.clone()));
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, asked: Arc<Mutex<Vec<Asked>>>, script: Arc<Script>) {
    // A client that goes away ends the exchange and nothing else.
    let _ = match tls {
        None => exchange(BufReader::new(stream), &asked, &*script).await,
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => exchange(BufReader::new(stream), &asked, &*script).await,
            Err(error) => Err(error),
        },
    };
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    asked: &Mutex<Vec<Asked>>,
    script: &Script,
) -> std::io::Result<()> {
    while let Some(request) = read(&mut stream).await? {
        let n = {
            let mut asked = asked.lock().unwrap();
            asked.push(request);
            asked.len()
        };
        let stream = stream.get_mut();
        match script(n) {
            Do::Answer(status, headers, body) => {
                let head = format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\n\r\n", body.len());
                stream.write_all(&[head.as_bytes(), &body].concat()).await?;
            }
            Do::Echo => {
                let echo = asked.lock().unwrap().last().map(|asked| [asked.line.as_bytes(), &asked.body].concat());
                let echo = echo.unwrap_or_default();
                let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", echo.len());
                stream.write_all(&[head.as_bytes(), &echo].concat()).await?;
            }
            Do::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Do::RawAndStall(bytes) => {
                stream.write_all(&bytes).await?;
                std::future::pending::<()>().await;
            }
            Do::Close => return Ok(()),
            Do::Stall => std::future::pending().await,
            Do::Flood => {
                let head = format!("HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n", 10_000_000);
                stream.write_all(head.as_bytes()).await?;
                for _ in 0..1000 {
                    stream.write_all(&[b' '; 10_000]).await?;
                }
            }
        }
    }
    Ok(())
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<Option<Asked>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        if line.trim_end().is_empty() {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let header = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines[1..].iter().filter_map(header).collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Asked { line: lines[0].clone(), headers, body }))
}
