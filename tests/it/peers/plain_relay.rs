//! A network between a client and a server that can be cut, stopped and deafened.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
};

const PASSING: u8 = 0;
const STOPPED: u8 = 1;
const SWALLOWING: u8 = 2;

#[derive(Clone)]
pub struct Relay {
    port: u16,
    mode: Arc<AtomicU8>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    /// To a server on this machine. Its threads end with the process.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = Self { port, mode: Arc::default(), streams: Arc::default() };
        let accepting = relay.clone();
        thread::spawn(move || listener.incoming().for_each(|client| accepting.join(client.unwrap(), server)));
        relay
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts what is connected; new connections pass.
    pub fn cut(&self) {
        self.streams.lock().unwrap().drain(..).for_each(|stream| _ = stream.shutdown(Shutdown::Both));
    }

    /// Cuts everything, new connections at once.
    pub fn stop(&self) {
        self.mode.store(STOPPED, Ordering::SeqCst);
        self.cut();
    }

    pub fn start(&self) {
        self.mode.store(PASSING, Ordering::SeqCst);
    }

    /// Nothing passes any more, and nobody is told.
    pub fn swallow(&self) {
        self.mode.store(SWALLOWING, Ordering::SeqCst);
    }

    fn join(&self, client: TcpStream, server: u16) {
        if self.mode.load(Ordering::SeqCst) == STOPPED {
            return;
        }
        let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
        let both = [client, server];
        self.streams.lock().unwrap().extend(both.iter().map(|stream| stream.try_clone().unwrap()));
        for (from, to) in [(0, 1), (1, 0)] {
            let (mut from, mut to) = (both[from].try_clone().unwrap(), both[to].try_clone().unwrap());
            let mode = self.mode.clone();
            thread::spawn(move || {
                let mut bytes = [0; 65_536];
                while let Ok(len @ 1..) = from.read(&mut bytes) {
                    if mode.load(Ordering::SeqCst) != SWALLOWING && to.write_all(&bytes[..len]).is_err() {
                        break;
                    }
                }
                _ = to.shutdown(Shutdown::Both);
            });
        }
    }
}
