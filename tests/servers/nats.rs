//! NATS with JetStream.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Folder, equipped, eventually, signal};

/// Every server that `tests/run.sh` has installed, by a name for messages. A test without one is [skipped](crate::skip).
pub fn installed() -> Vec<(&'static str, PathBuf)> {
    newest().map(|path| ("new", path)).into_iter().chain(oldest().map(|path| ("old", path))).collect()
}

/// The newest server that there is; without it a test is [skipped](crate::skip).
pub fn newest() -> Option<PathBuf> {
    equipped("MICRO_TESTS_NATS", "nats-server")
}

/// The oldest that is supported, the same way.
pub fn oldest() -> Option<PathBuf> {
    equipped("MICRO_TESTS_NATS_OLD", "old nats-server")
}

/// A server on a port and in a folder of its own. It is killed when dropped.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    arguments: Vec<String>,
    port: u16,
    folder: Folder,
    child: Option<Child>,
}

impl Server {
    /// Starts one, and waits until it answers.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut server = Server {
            program: program.to_owned(),
            arguments: Vec::new(),
            port: free_port(),
            folder: Folder::new(),
            child: None,
        };
        server.start_again_with(arguments);
        server
    }

    /// Where it listens: `127.0.0.1:43817`.
    pub fn address(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Its folder, also for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it where it was, with what it had stored, and with other arguments.
    ///
    /// # Panics
    ///
    /// As [`Server::start_again`].
    pub fn start_again_with(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self.start_again();
    }

    /// Starts it where it was, with what it had stored.
    ///
    /// # Panics
    ///
    /// When it runs, or does not answer in time.
    pub fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server runs");
        let child = Command::new(&self.program)
            .args(["-js", "-a", "127.0.0.1", "-p", &self.port.to_string(), "-sd"])
            .arg(self.folder.path().join("store"))
            .args(["-l"])
            .arg(self.folder.path().join("log"))
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        self.child = Some(child);
        eventually("the server answers", || self.greets());
    }

    /// Stops it as an operator would.
    ///
    /// # Panics
    ///
    /// When it does not run, or does not end in time.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        signal(child.id(), "TERM");
        eventually("the server ends", || child.try_wait().expect("it is our child"));
    }

    /// Stops it without a word.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
    }

    /// Lets it stand still: connections stay, and nobody answers.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn freeze(&self) {
        signal(self.child.as_ref().expect("the server runs").id(), "STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn thaw(&self) {
        signal(self.child.as_ref().expect("the server runs").id(), "CONT");
    }

    /// What it has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    // A server of NATS speaks first.
    fn greets(&self) -> Option<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
        let mut first = [0; 4];
        stream.read_exact(&mut first).ok()?;
        (first == *b"INFO").then_some(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
