//! What the tests share: programs of the workspace, and servers, as processes of their own.

pub mod servers;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

pub use micro::testing::skip;

/// How long a test waits for what takes milliseconds on a quiet machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace")
}

/// The program of an example: the one `tests/run.sh` has built, or built here, once per test binary.
///
/// # Panics
///
/// When it does not build.
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
        // target/debug/deps/it-0123 stands two below the folder of the profile.
        let this = std::env::current_exe().expect("a test is a program");
        this.ancestors().nth(2).expect("cargo's layout").join("examples")
    });
    folder.join(name)
}

/// The Python that `tests/run.sh` has equipped. Without it a test is [skipped](skip).
pub fn python() -> Option<PathBuf> {
    equipped("MICRO_TESTS_PYTHON", "Python with the packages of gRPC")
}

/// The folder with node's packages, the same way.
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

/// A folder for one test, private to this user. It is removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// When the folder cannot be made.
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

    /// Where it is.
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

/// A folder of its own for everything the programs of one test would share with others: they find only each other.
#[derive(Clone, Debug, Default)]
pub struct World {
    folder: Arc<Folder>,
}

impl World {
    /// An empty one.
    ///
    /// # Panics
    ///
    /// When the folder cannot be made.
    pub fn new() -> Self {
        Self::default()
    }

    /// A command that lives in this world.
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

    /// Starts a service and waits until it says where it listens.
    pub fn serve(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Program {
        let mut command = self.command(program);
        command.args(arguments);
        Program::start(command)
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    ///
    /// When it does not start, or does not end in time.
    pub fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Output {
        output(self.command(program).args(arguments))
    }
}

/// Runs a command to its end, for as long as a test waits.
///
/// # Panics
///
/// When it does not start, or does not end in time.
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

/// A service that runs. It is killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    address: String,
    said: Arc<Mutex<String>>,
    printed: Arc<Mutex<String>>,
    started: Instant,
}

impl Program {
    /// Starts a service and waits until it says where it listens.
    ///
    /// # Panics
    ///
    /// When it ends before, or says nothing in time.
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

    /// Where it listens: `127.0.0.1:43817`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Everything it has written to stderr so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn said(&self) -> String {
        self.said.lock().expect("nobody panics while holding it").clone()
    }

    /// Everything it has written to stdout so far.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("nobody panics while holding it").clone()
    }

    /// How long ago it was started.
    pub fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sends it a signal by name: `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Whether it has not ended yet.
    ///
    /// # Panics
    ///
    /// When the operating system does not know it.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits until it has ended, and gives what it ended with; nothing when a signal killed it.
    ///
    /// # Panics
    ///
    /// When it does not end in time.
    pub fn ended(&mut self) -> Option<i32> {
        let status = eventually("the program ends", || self.child.try_wait().expect("it is our child"));
        status.code()
    }
}

/// What is written into `output`, for as long as somebody writes; each line is also told.
fn collected(output: impl Read + Send + 'static, tell: impl Fn(&str) + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    std::thread::spawn({
        let text = text.clone();
        move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                tell(&line);
                let mut text = text.lock().expect("nobody panics while holding it");
                text.push_str(&line);
                text.push('\n');
            }
        }
    });
    text
}

/// What a program says of its address: in its banner, or as a field of a log line in JSON.
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

/// Asks until there is an answer, for as long as a test waits.
///
/// # Panics
///
/// When there is none in time, naming what was waited for.
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
