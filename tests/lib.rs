//! Helpers shared by the tests: programs of the workspace, and servers, as child processes.

pub mod servers;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

pub use micro::testing::skip;

/// Maximum wait for an operation that takes milliseconds on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the root folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace")
}

/// Returns the program of an example: the one that `tests/run.sh` built, or one built here, once per test binary.
///
/// # Panics
///
/// Panics when the example does not build.
pub fn example(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        if let Some(folder) = std::env::var_os("MICRO_TESTS_EXAMPLES") {
            return folder.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "micro-examples", "--examples", "--features", "broker-nats"])
            .current_dir(root())
            .status();
        assert!(built.is_ok_and(|status| status.success()), "the examples do not build");
        // target/debug/deps/it-0123 is two levels below the folder of the profile.
        let this = std::env::current_exe().expect("a test is a program");
        this.ancestors().nth(2).expect("cargo's layout").join("examples")
    });
    folder.join(name)
}

/// Returns the Python that `tests/run.sh` prepared. A test is [skipped](skip) without one.
pub fn python() -> Option<PathBuf> {
    equipped("MICRO_TESTS_PYTHON", "Python with the packages of gRPC")
}

/// Returns the folder with node's packages, which `tests/run.sh` prepared too.
pub fn node() -> Option<PathBuf> {
    equipped("MICRO_TESTS_NODE", "connect-node and buf")
}

pub(crate) fn equipped(variable: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    if path.is_none() {
        skip(&format!("no {what}: `{variable}` is not set"));
    }
    path
}

/// A folder for one test, private to this user, removed on drop.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates an empty folder.
    ///
    /// # Panics
    ///
    /// Panics when the folder cannot be created.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("micro-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&path, private).expect("a private folder for the test");
        }
        Folder(path)
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Default for Folder {
    fn default() -> Self {
        Folder::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An isolated environment for the programs of one test: a runtime folder of their own, in which they find only each other.
#[derive(Clone, Debug, Default)]
pub struct World {
    folder: Arc<Folder>,
}

impl World {
    /// Creates an empty environment.
    ///
    /// # Panics
    ///
    /// Panics when the folder cannot be created.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a command that runs in this environment.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env("XDG_RUNTIME_DIR", self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MICRO_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Starts a service and waits until it logs its address.
    pub fn serve(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Program {
        let mut command = self.command(program);
        command.args(arguments);
        Program::start(command)
    }

    /// Runs a command to completion.
    ///
    /// # Panics
    ///
    /// Panics when the command does not start, or does not end in time.
    pub fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        output(self.command(program).args(arguments))
    }
}

/// Runs a command to completion, for at most [`PATIENCE`].
///
/// # Panics
///
/// Panics when the command does not start, or does not end in time.
pub fn output(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let id = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match ended.recv_timeout(PATIENCE) {
        Ok(output) => output.expect("its output can be read"),
        Err(_) => {
            signal(id, "KILL");
            panic!("{command:?} did not end");
        }
    }
}

/// A running service, killed on drop.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: String,
    said: Arc<Mutex<String>>,
    printed: Arc<Mutex<String>>,
    started: Instant,
}

impl Program {
    /// Starts a service and waits until it logs its address.
    ///
    /// # Panics
    ///
    /// Panics when the service ends before that, or logs no address in time.
    pub fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (found, address) = mpsc::channel();
        let printed = collected(child.stdout.take().expect("piped above"), |_| {});
        let said = collected(child.stderr.take().expect("piped above"), move |line| {
            if let Some(address) = listening(line) {
                let _ = found.send(address);
            }
        });
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("{command:?} did not say where it listens:\n{}", said.lock().expect("as above"));
        };
        Program { child, address, said, printed, started }
    }

    /// Returns the address the service listens on: `127.0.0.1:43817`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the output to stderr so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn said(&self) -> String {
        self.said.lock().expect("no panic while the lock is held").clone()
    }

    /// Returns the output to stdout so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no panic while the lock is held").clone()
    }

    /// Returns the time since the start.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sends the service a signal by name: `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Returns `true` if the service has not ended yet.
    ///
    /// # Panics
    ///
    /// Panics when the operating system does not know the process.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits for the end and returns the exit code; `None` when a signal killed the service.
    ///
    /// # Panics
    ///
    /// Panics when the service does not end in time.
    pub fn ended(&mut self) -> Option<i32> {
        let status = eventually("the program ends", || self.child.try_wait().expect("it is our child"));
        status.code()
    }
}

/// Collects `output` until the end of the stream, and passes each line to `tell`.
fn collected(output: impl Read + Send + 'static, tell: impl Fn(&str) + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    std::thread::spawn({
        let text = text.clone();
        move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                tell(&line);
                let mut text = text.lock().expect("no panic while the lock is held");
                text.push_str(&line);
                text.push('\n');
            }
        }
    });
    text
}

/// Returns the address in a line of a program's output: in its banner, or as a field of a log line in JSON.
fn listening(line: &str) -> Option<String> {
    if let Some((_, address)) = line.split_once("\"address\":\"").filter(|_| line.contains("\"ready\"")) {
        return address.split('"').next().map(str::to_owned);
    }
    let (_, address) = line.split_once("://").filter(|_| line.contains("listening"))?;
    Some(address.trim().to_owned())
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "cannot signal {id}");
}

/// Polls `ask` until it returns a value, for at most [`PATIENCE`].
///
/// # Panics
///
/// Panics when there is no value in time; the message contains `what`.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
