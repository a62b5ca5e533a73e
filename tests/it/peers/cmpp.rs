//! A CMPP gateway that does what a script says. Its bytes are put together here,
//! by the offsets of the specification's tables, and not by the code under test.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use md5::{Digest, Md5};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{broadcast, mpsc},
    task::JoinSet,
};

use super::SECRET;

/// The layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V {
    Two,
    Three,
}

pub use V::{Three, Two};

/// What the gateway was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A connection, before anything was said on it.
    Accept,
    Connect,
    Submit,
    ActiveTest,
    Terminate,
    /// An answer to something of its own.
    Answer,
}

#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub what: What,
    /// The how manyeth of its kind, from 1, over all connections.
    pub nth: usize,
    /// On which connection, from 1.
    pub connection: usize,
    pub sequence: u32,
    pub v: V,
}

/// What it does.
#[derive(Clone, Debug)]
pub enum Step {
    Say(Vec<u8>),
    /// The same byte by byte, each in a packet of its own.
    SaySlowly(Vec<u8>),
    Wait(Duration),
    Close,
    /// Says nothing more, ever, and does not read either.
    Stall,
}

/// A SUBMIT as it came, cut by the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub connection: usize,
    pub bytes: Vec<u8>,
    pub total: u8,
    pub number: u8,
    pub wants_report: u8,
    pub has_header: u8,
    pub format: u8,
    pub service: Vec<u8>,
    pub source: Vec<u8>,
    pub access: Vec<u8>,
    pub dest: Vec<u8>,
    pub content: Vec<u8>,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub connects: Vec<Vec<u8>>,
    pub submits: Vec<Submitted>,
    pub tests: usize,
    pub goodbyes: usize,
    /// Command, sequence and body of each answer.
    pub answers: Vec<(u32, u32, Vec<u8>)>,
    /// The most messages that waited for their answer at one moment.
    pub most_waiting: usize,
    waiting: usize,
}

type Script = dyn Fn(&Asked) -> Option<Vec<Step>> + Send + Sync;

/// The gateway; it ends with this.
pub struct CmppPeer {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
    say: broadcast::Sender<Vec<u8>>,
    _tasks: JoinSet<()>,
}

impl CmppPeer {
    /// Does everything well but what the script has something for.
    pub async fn scripted(script: impl Fn(&Asked) -> Option<Vec<Step>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, script): (_, Arc<Script>) = (Arc::new(Mutex::new(Seen::default())), Arc::new(script));
        let (say, _) = broadcast::channel(64);
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, seen.clone(), script, say.clone()));
        Self { port, seen, say, _tasks: tasks }
    }

    pub async fn well() -> Self {
        Self::scripted(|_| None).await
    }

    /// Does this at one place, and all else well.
    pub async fn doing_at(what: What, steps: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::scripted(move |asked| (asked.what == what).then(|| steps(asked))).await
    }

    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    /// Says something unasked on every connection.
    pub fn say(&self, bytes: Vec<u8>) {
        self.say.send(bytes).unwrap();
    }

    /// Waits until it has seen something.
    pub async fn until(&self, what: &str, seen: impl Fn(&Seen) -> bool) {
        for _ in 0..500 {
            if self.seen(&seen) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the gateway has not seen {what}: {:?}", self.seen(Seen::clone));
    }
}

async fn listen(listener: TcpListener, seen: Arc<Mutex<Seen>>, script: Arc<Script>, say: broadcast::Sender<Vec<u8>>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (seen, script, said) = (seen.clone(), script.clone(), say.subscribe());
        connections.spawn(async move {
            // A client that goes away ends its connection and nothing else.
            let _ = serve(stream, &seen, &*script, said).await;
        });
    }
}

async fn serve(
    stream: TcpStream,
    seen: &Arc<Mutex<Seen>>,
    script: &Script,
    mut said: broadcast::Receiver<Vec<u8>>,
) -> std::io::Result<()> {
    let connection = {
        let mut seen = seen.lock().unwrap();
        seen.connections += 1;
        seen.connections
    };
    let (reading, mut writing) = stream.into_split();
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut reader = JoinSet::new();
    reader.spawn(read(reading, seen.clone(), sender));
    let mut v = Three;
    let greeting = Asked { what: What::Accept, nth: connection, connection, sequence: 0, v };
    if !act(script(&greeting).unwrap_or_default(), &mut writing).await? {
        return Ok(());
    }
    loop {
        let message = tokio::select! {
            Ok(bytes) = said.recv() => {
                writing.write_all(&bytes).await?;
                continue;
            }
            message = messages.recv() => message,
        };
        let Some(message) = message else { return Ok(()) };
        let asked = noted(&message, connection, &mut v, seen);
        let steps = script(&asked).unwrap_or_else(|| well(&asked, &message));
        let goes_on = act(steps, &mut writing).await?;
        if asked.what == What::Submit {
            seen.lock().unwrap().waiting -= 1;
        }
        if !goes_on {
            return Ok(());
        }
    }
}

/// Reads messages as fast as they come, whatever the gateway is busy with.
async fn read(mut reading: OwnedReadHalf, seen: Arc<Mutex<Seen>>, sender: mpsc::UnboundedSender<Vec<u8>>) {
    loop {
        let mut length = [0; 4];
        if reading.read_exact(&mut length).await.is_err() {
            return;
        }
        let mut message = length.to_vec();
        message.resize(u32::from_be_bytes(length) as usize, 0);
        if reading.read_exact(&mut message[4..]).await.is_err() {
            return;
        }
        if number(&message, 4) == 4 {
            let mut seen = seen.lock().unwrap();
            seen.waiting += 1;
            seen.most_waiting = seen.most_waiting.max(seen.waiting);
        }
        if sender.send(message).is_err() {
            return;
        }
    }
}

/// Whether the connection goes on.
async fn act(steps: Vec<Step>, writing: &mut OwnedWriteHalf) -> std::io::Result<bool> {
    for step in steps {
        match step {
            Step::Say(bytes) => writing.write_all(&bytes).await?,
            Step::SaySlowly(bytes) => {
                for byte in bytes {
                    writing.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Close => return Ok(false),
            Step::Stall => std::future::pending().await,
        }
    }
    Ok(true)
}

fn noted(message: &[u8], connection: usize, v: &mut V, seen: &Mutex<Seen>) -> Asked {
    let mut seen = seen.lock().unwrap();
    let (command, sequence) = (number(message, 4), number(message, 8));
    let (what, nth) = match command {
        1 => {
            // Byte 34 is the version.
            *v = if message[34] == 0x30 { Three } else { Two };
            seen.connects.push(message.to_vec());
            (What::Connect, seen.connects.len())
        }
        4 => {
            seen.submits.push(submitted(message, connection, *v));
            (What::Submit, seen.submits.len())
        }
        8 => {
            seen.tests += 1;
            (What::ActiveTest, seen.tests)
        }
        2 => {
            seen.goodbyes += 1;
            (What::Terminate, seen.goodbyes)
        }
        _ => {
            seen.answers.push((command, sequence, message[12..].to_vec()));
            (What::Answer, seen.answers.len())
        }
    };
    Asked { what, nth, connection, sequence, v: *v }
}

/// What a good gateway does.
fn well(asked: &Asked, message: &[u8]) -> Vec<Step> {
    match asked.what {
        What::Accept | What::Answer => Vec::new(),
        What::Connect => vec![Step::Say(connected(asked, status_of(message)))],
        What::Submit => vec![Step::Say(taken(asked))],
        What::ActiveTest => vec![Step::Say(pdu(0x8000_0008, asked.sequence, &[0]))],
        What::Terminate => vec![Step::Say(pdu(0x8000_0002, asked.sequence, &[])), Step::Close],
    }
}

/// 0 if the proof is right, else 3.
fn status_of(connect: &[u8]) -> u32 {
    // Account at 12, proof at 18, the time as a number at 35.
    let stamp = format!("{:010}", number(connect, 35));
    let mut md5 = Md5::new();
    md5.update(&connect[12..18]);
    md5.update([0; 9]);
    md5.update(SECRET.as_bytes());
    md5.update(stamp.as_bytes());
    if md5.finalize()[..] == connect[18..34] { 0 } else { 3 }
}

/// The gateway's name for its `nth` message.
pub fn id(nth: usize) -> u64 {
    0x90a4_20c0_3039_0000 + nth as u64
}

/// SUBMIT_RESP: taken.
pub fn taken(asked: &Asked) -> Vec<u8> {
    answered(asked, asked.sequence, 0)
}

/// SUBMIT_RESP with a result.
pub fn answered(asked: &Asked, sequence: u32, result: u32) -> Vec<u8> {
    pdu(0x8000_0004, sequence, &[&id(asked.nth).to_be_bytes()[..], &sized(asked.v, result)].concat())
}

/// CONNECT_RESP with a status; the gateway proves nothing.
pub fn connected(asked: &Asked, status: u32) -> Vec<u8> {
    let version = if asked.v == Two { 0x20 } else { 0x30 };
    pdu(0x8000_0001, asked.sequence, &[&sized(asked.v, status)[..], &[0; 16], &[version]].concat())
}

/// DELIVER with a report of what became of a message.
pub fn report(v: V, sequence: u32, of: u64, stat: &str) -> Vec<u8> {
    let dest = padded("13800012345", if v == Two { 21 } else { 32 });
    let stat = padded(stat, 7);
    let content = [&of.to_be_bytes()[..], &stat, b"26090109022609010903", &dest, &99_u32.to_be_bytes()].concat();
    deliver(v, sequence, 1, &content)
}

/// DELIVER.
pub fn deliver(v: V, sequence: u32, registered: u8, content: &[u8]) -> Vec<u8> {
    let (number, kind, tail): (usize, &[u8], usize) = if v == Two { (21, &[], 8) } else { (32, &[0], 20) };
    let body = [
        &(7_000_000 + u64::from(sequence)).to_be_bytes()[..],
        &padded("106573001234", 21),
        &padded("ZWFW", 10),
        &[0, 0, 8],
        &padded("13800012345", number),
        kind,
        &[registered, content.len() as u8],
        content,
        &vec![0; tail],
    ]
    .concat();
    pdu(5, sequence, &body)
}

/// A message: length, command, sequence, body.
pub fn pdu(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = 12 + body.len() as u32;
    [&length.to_be_bytes()[..], &command.to_be_bytes(), &sequence.to_be_bytes(), body].concat()
}

/// A status or result: one byte in 2.0, four in 3.0.
fn sized(v: V, value: u32) -> Vec<u8> {
    if v == Two { vec![value as u8] } else { value.to_be_bytes().to_vec() }
}

fn padded(text: &str, width: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(width, 0);
    bytes
}

/// Cuts a SUBMIT by the offsets of its table, which are those behind the header.
fn submitted(message: &[u8], connection: usize, v: V) -> Submitted {
    let body = &message[12..];
    // What differs: the header's flag, the format, the account, the access number,
    // the destination with its width, the length of the content, and what follows.
    let (flag, format, source, access, dest, width, length, tail) = match v {
        Two => (45, 46, 47, 95, 117, 21, 138, 8),
        Three => (57, 58, 59, 107, 129, 32, 162, 20),
    };
    let text = |at: usize, width: usize| -> Vec<u8> {
        let field = &body[at..at + width];
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(width);
        assert!(field[end..].iter().all(|byte| *byte == 0), "zeros behind a text");
        field[..end].to_vec()
    };
    assert_eq!(body[dest - 1], 1, "one number");
    let size = usize::from(body[length]);
    assert_eq!(body.len(), length + 1 + size + tail, "the table's length");
    assert!(body[..8].iter().chain(&body[length + 1 + size..]).all(|byte| *byte == 0));
    Submitted {
        connection,
        bytes: message.to_vec(),
        total: body[8],
        number: body[9],
        wants_report: body[10],
        has_header: body[flag],
        format: body[format],
        service: text(12, 10),
        source: text(source, 6),
        access: text(access, 21),
        dest: text(dest, width),
        content: body[length + 1..length + 1 + size].to_vec(),
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}
