//! Lines to and from a mail server, each with its own limit.
//!
//! Replies are read as bytes: many servers here write their text in GBK, and a
//! reply whose words cannot be read still has its code.

use std::{fmt, future::Future, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    time::{Instant, timeout_at},
};

/// The longest line of a reply.
const LINE: usize = 2048;
/// The most lines of a reply.
const LINES: usize = 128;

/// A stream to a server.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug> Stream for T {}

/// A connection, line by line.
#[derive(Debug)]
pub(super) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

/// What a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// The words of each line.
    pub lines: Vec<String>,
}

/// Why a step did not come to its end.
#[derive(Debug)]
pub(super) enum Cut {
    /// The limit passed.
    Timeout,
    /// The connection broke or was closed.
    Lost(String),
    /// What came was no reply.
    Garbled,
}

/// Until when a step may last: its own limit, and never longer than the call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub step: Duration,
    pub call: Instant,
}

impl Limit {
    pub fn end(self) -> Instant {
        self.call.min(Instant::now() + self.step)
    }

    /// The same call with another limit for a step.
    pub fn with_step(self, step: Duration) -> Self {
        Self { step, ..self }
    }
}

/// Runs a step under its limit.
pub(super) async fn within<T>(limit: Limit, step: impl Future<Output = std::io::Result<T>>) -> Result<T, Cut> {
    match timeout_at(limit.end(), step).await {
        Err(_) => Err(Cut::Timeout),
        Ok(Err(error)) => Err(Cut::Lost(error.to_string())),
        Ok(Ok(value)) => Ok(value),
    }
}

impl Wire {
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// The stream itself, unless the server has said more than it was asked for:
    /// words before TLS must not be taken for words under TLS.
    pub fn into_stream(self) -> Result<Box<dyn Stream>, Cut> {
        if self.stream.buffer().is_empty() { Ok(self.stream.into_inner()) } else { Err(Cut::Garbled) }
    }

    /// Sends a command, which ends with CR LF, and reads the reply.
    pub async fn ask(&mut self, command: &str, limit: Limit) -> Result<Reply, Cut> {
        within(limit, async {
            self.stream.get_mut().write_all(command.as_bytes()).await?;
            self.stream.get_mut().flush().await
        })
        .await?;
        self.reply(limit).await
    }

    /// Sends bytes without waiting for anything.
    pub async fn put(&mut self, bytes: &[u8], limit: Limit) -> Result<(), Cut> {
        within(limit, async {
            self.stream.get_mut().write_all(bytes).await?;
            self.stream.get_mut().flush().await
        })
        .await
    }

    /// Reads a whole reply.
    pub async fn reply(&mut self, limit: Limit) -> Result<Reply, Cut> {
        let end = limit.end();
        let mut reply = Reply { code: 0, lines: Vec::new() };
        loop {
            let line = match timeout_at(end, self.line()).await {
                Err(_) => return Err(Cut::Timeout),
                Ok(line) => line?,
            };
            let (code, more, words) = read_line(&line).ok_or(Cut::Garbled)?;
            if reply.code != 0 && reply.code != code || reply.lines.len() == LINES {
                return Err(Cut::Garbled);
            }
            reply.code = code;
            reply.lines.push(decode(words));
            if more == More::No {
                return Ok(reply);
            }
        }
    }

    async fn line(&mut self) -> Result<Vec<u8>, Cut> {
        let mut line = Vec::new();
        let mut capped = (&mut self.stream).take(LINE as u64);
        let read = capped.read_until(b'\n', &mut line).await;
        read.map_err(|error| Cut::Lost(error.to_string()))?;
        if line.ends_with(b"\n") {
            return Ok(line);
        }
        if line.len() == LINE { Err(Cut::Garbled) } else { Err(Cut::Lost("closed by the server".to_owned())) }
    }
}

/// Whether another line follows.
#[derive(PartialEq, Eq)]
enum More {
    Yes,
    No,
}

/// `250-words` or `250 words` or `250`.
fn read_line(line: &[u8]) -> Option<(u16, More, &[u8])> {
    let line = line.trim_ascii_end();
    let digits = line.get(..3)?;
    if !matches!(digits[0], b'2'..=b'5') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        None => Some((code, More::No, b"")),
        Some(b'-') => Some((code, More::Yes, &line[4..])),
        // NetEase writes its tags right behind the code.
        Some(_) => Some((code, More::No, line[3..].trim_ascii_start())),
    }
}

/// Words in UTF-8, else in the encoding that servers here use.
fn decode(words: &[u8]) -> String {
    match std::str::from_utf8(words) {
        Ok(words) => words.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(words).0.into_owned(),
    }
}

impl Reply {
    /// The words in one line.
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// The enhanced code that the words begin with, `5.1.1`.
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split([' ', ':', ';']).next()?;
        let parts: Vec<_> = word.split('.').collect();
        let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        (parts.len() == 3 && parts.iter().all(is_number)).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn told(bytes: &[u8]) -> Result<Reply, Cut> {
        let (mut server, client) = tokio::io::duplex(1 << 16);
        server.write_all(bytes).await.unwrap();
        drop(server);
        let limit = Limit { step: Duration::from_secs(5), call: Instant::now() + Duration::from_secs(5) };
        Wire::new(Box::new(client)).reply(limit).await
    }

    #[tokio::test]
    async fn a_reply_in_gbk_keeps_its_code_and_its_words() {
        let mut bytes = b"550 ".to_vec();
        bytes.extend_from_slice(&encoding_rs::GBK.encode("用户不存在").0);
        bytes.extend_from_slice(b"\r\n");
        let reply = told(&bytes).await.unwrap();
        assert_eq!((reply.code, reply.text()), (550, "用户不存在".to_owned()));
    }

    #[tokio::test]
    async fn a_reply_of_several_lines_is_one() {
        let reply = told(b"250-smtp.example.org\r\n250-AUTH LOGIN PLAIN\n250 8BITMIME\r\n").await.unwrap();
        assert_eq!(reply.lines, ["smtp.example.org", "AUTH LOGIN PLAIN", "8BITMIME"]);
        let reply = told(b"554DT:SPM refused\r\n").await.unwrap();
        assert_eq!((reply.code, reply.text().as_str()), (554, "DT:SPM refused"));
    }

    #[tokio::test]
    async fn what_is_no_reply_is_garbled_or_lost() {
        for bytes in [&b"hello\r\n"[..], b"99\r\n", b"\r\n", b"250-a\r\n251 b\r\n", b"720 x\r\n", &[b'2'; 5000]] {
            assert!(matches!(told(bytes).await, Err(Cut::Garbled)), "{:?}", String::from_utf8_lossy(bytes));
        }
        for bytes in [&b""[..], b"250 o", b"250-a\r\n"] {
            assert!(matches!(told(bytes).await, Err(Cut::Lost(_))), "{:?}", String::from_utf8_lossy(bytes));
        }
        assert!(matches!(told(&b"250-a\r\n".repeat(1000)).await, Err(Cut::Garbled)));
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_the_reading_of_a_reply_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            if let Ok(reply) = runtime.block_on(told(&bytes)) {
                prop_assert!((200..600).contains(&reply.code));
            }
        }
    }

    #[test]
    fn enhanced_is_only_what_has_the_form_of_a_code() {
        let rows =
            [("5.1.1 no user", Some("5.1.1")), ("4.2.2: full", Some("4.2.2")), ("no 5.1.1", None), ("1.2", None)];
        for (words, enhanced) in rows {
            let reply = Reply { code: 550, lines: vec![words.to_owned()] };
            assert_eq!(reply.enhanced(), enhanced, "{words}");
        }
    }
}
