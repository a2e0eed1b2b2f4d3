//! Tests specific to this backend: multiple processes, including killed ones, and the directory.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::*;
use crate::registry::Change;
use crate::{Code, testing};

const PATIENCE: Duration = Duration::from_secs(15);
const LONG: Duration = Duration::from_secs(60);
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// A directory of a single test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Scratch(std::env::temp_dir().join(format!("micro-test-{}", crate::util::random::id())))
    }

    fn local(&self) -> Local {
        Local::open(&self.0).expect("a directory of our own")
    }

    fn registry(&self) -> Registry {
        Registry::new(self.local())
    }

    /// Creates a registry notified of changes by file events alone.
    fn unswept(&self) -> Registry {
        let directory = Directory::open(self.0.clone()).expect("a directory of our own");
        Registry::new(Local::on(directory, "local".to_owned(), NEVER))
    }

    /// Creates a registry that detects changes by scanning alone.
    fn deaf(&self) -> Registry {
        let local = self.local();
        lock(&local.0.view).deafen();
        Registry::new(local)
    }

    fn files(&self) -> Vec<String> {
        Directory::open(self.0.clone()).and_then(|directory| directory.names()).expect("readable")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Another process: this test binary, running [`helper`], which lists a node until its input ends or it is killed.
struct Process(Child);

const DIRECTORY: &str = "MICRO_TEST_REGISTRY";
const NODE: &str = "MICRO_TEST_NODE";

impl Process {
    fn listing(scratch: &Scratch, node: &Node) -> Self {
        let child = Command::new(std::env::current_exe().expect("we run from a file"))
            .args(["registry::local::tests::helper", "--exact", "--nocapture"])
            .env(DIRECTORY, &scratch.0)
            .env(NODE, String::from_utf8(node.to_json()).expect("JSON is UTF-8"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the test binary starts");
        Process(child)
    }

    // SIGKILL: the process cannot deregister.
    fn kill(mut self) {
        self.0.kill().expect("it still runs");
        self.0.wait().expect("it was our child");
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.0.id().to_string()]).status().expect("`kill` is there");
        assert!(done.success());
    }

    // Ends the process gracefully.
    fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("it was our child").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn helper() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let node = Node::from_json(std::env::var(NODE).expect("given with the directory").as_bytes()).expect("a node");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let registry = Registry::new(Local::open(directory).expect("the parent's directory"));
        let ttl = crate::registry::LeaseOptions { ttl: Duration::from_secs(3), interval: Duration::from_millis(500) };
        let registration = registry.register(node, ttl).await.expect("registered");
        spawn::blocking(|| std::io::stdin().lines().count()).await.expect("read to its end");
        registration.deregister().await.expect("deregistered");
    });
}

fn node(id: &str) -> Node {
    Node::new("greeter", "10.0.0.7:8080").with_id(id)
}

async fn next(watch: &mut Watch) -> Change {
    let next = clock::timeout(PATIENCE, watch.next()).await.expect("a change in time");
    next.expect("the watch goes on").expect("no failure")
}

async fn until(registry: &Registry, ids: &[&str]) {
    let deadline = clock::after(PATIENCE);
    loop {
        let nodes = registry.nodes("greeter").await.expect("answered");
        if nodes.iter().map(|node| node.id.as_str()).eq(ids.iter().copied()) {
            return;
        }
        assert!(clock::now() < deadline, "expected {ids:?}, have {nodes:?}");
        clock::sleep(Duration::from_millis(5)).await;
    }
}

/// A folder that is emptied after each test of the suite.
struct Swept(Scratch);

impl Drop for Swept {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.0.files(), [""; 0]);
        }
    }
}

impl testing::suite::Fixture for Swept {
    fn server(&self) -> testing::suite::Server {
        testing::suite::Server::None
    }
}

impl testing::suite::registry::Fixture for Swept {
    async fn registry(&self) -> Registry {
        self.0.registry()
    }
}

mod suite {
    use super::{Scratch, Swept};

    crate::testing::suite! {
        #[tokio::test]
        registry(Swept(Scratch::new()))
    }
}

#[tokio::test]
async fn local_keeps_them_by_file_events_alone() {
    let scratch = Scratch::new();
    let registry = scratch.unswept();
    testing::suite::registry::a_watch_tells_one_service(&registry).await;
    testing::suite::registry::a_slow_watcher_is_caught_up(&registry).await;
    testing::suite::registry::an_entry_expires(&registry).await;
}

#[tokio::test]
async fn local_keeps_them_without_file_events() {
    let scratch = Scratch::new();
    let registry = scratch.deaf();
    testing::suite::registry::a_watch_tells_one_service(&registry).await;
    testing::suite::registry::a_slow_watcher_is_caught_up(&registry).await;
    testing::suite::registry::a_following_sees_changes(&registry).await;
}

#[tokio::test]
async fn a_killed_process_is_gone_from_answers_at_once() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let process = Process::listing(&scratch, &node("a"));
    until(&registry, &["a"]).await;
    process.kill();
    assert_eq!(registry.nodes("greeter").await.expect("answered"), []);
    assert_eq!(registry.services().await.expect("answered"), [""; 0]);
    assert_eq!(scratch.files(), [""; 0], "the reader tidies up");
}

#[tokio::test]
async fn a_killed_process_is_told_to_watches() {
    let scratch = Scratch::new();
    // Detected by the event that its file was closed, and by scanning, each without the other.
    for registry in [scratch.unswept(), scratch.deaf()] {
        let mut watch = registry.watch(Some("greeter")).await.expect("watched");
        let process = Process::listing(&scratch, &node("a"));
        assert_eq!(next(&mut watch).await, Change::Created(node("a")));
        process.kill();
        let killed = clock::now();
        assert_eq!(next(&mut watch).await, Change::Deleted(node("a")));
        assert!(killed.elapsed() < Duration::from_secs(5), "took {:?}", killed.elapsed());
    }
}

#[tokio::test]
async fn processes_see_each_other_come_and_go() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let mut watch = registry.watch(None).await.expect("watched");
    let (one, other) = (Process::listing(&scratch, &node("a")), Process::listing(&scratch, &node("b")));
    next(&mut watch).await;
    next(&mut watch).await;
    until(&registry, &["a", "b"]).await;
    one.end();
    assert_eq!(next(&mut watch).await, Change::Deleted(node("a")));
    until(&registry, &["b"]).await;
    other.end();
    assert_eq!(next(&mut watch).await, Change::Deleted(node("b")));
}

#[tokio::test]
async fn a_process_that_restarts_takes_its_place_again() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    for _ in 0..3 {
        let process = Process::listing(&scratch, &node("a"));
        until(&registry, &["a"]).await;
        process.kill();
        until(&registry, &[]).await;
    }
    // The successor registers before the predecessor leaves: the predecessor must not remove the successor's entry.
    let (old, new) = (node("a").with_version("1"), node("a").with_version("2"));
    let predecessor = scratch.registry();
    predecessor.register_once(&old, LONG).await.expect("registered");
    let successor = scratch.registry();
    successor.register_once(&new, LONG).await.expect("registered");
    predecessor.deregister(&old).await.expect("deregistered");
    assert_eq!(registry.nodes("greeter").await.expect("answered"), [new]);
}

#[tokio::test]
async fn a_process_that_hangs_is_left_out_until_it_moves_again() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let mut watch = registry.watch(Some("greeter")).await.expect("watched");
    let process = Process::listing(&scratch, &node("a"));
    assert_eq!(next(&mut watch).await, Change::Created(node("a")));
    process.signal("-STOP");
    assert_eq!(next(&mut watch).await, Change::Deleted(node("a")));
    until(&registry, &[]).await;
    process.signal("-CONT");
    assert_eq!(next(&mut watch).await, Change::Created(node("a")));
}

#[tokio::test]
async fn dropping_the_last_handle_takes_its_nodes_off_the_list() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    registry.register_once(&node("a"), LONG).await.expect("registered");
    drop(registry);
    until(&scratch.registry(), &[]).await;
}

#[tokio::test]
async fn files_that_are_no_entries_are_left_out_and_alone() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    registry.register_once(&node("a"), LONG).await.expect("registered");
    let good = fs::read(scratch.0.join("greeter~a.json")).expect("there");

    let huge = fs::File::create(scratch.0.join("greeter~huge.json")).expect("writable");
    huge.set_len(1 << 40).expect("a sparse file");
    fs::create_dir(scratch.0.join("greeter~directory.json")).expect("writable");
    for (name, content) in [
        ("greeter~empty.json", &b""[..]),
        ("greeter~garbage.json", &[0xff; 1000]),
        ("greeter~copied.json", &good),
        ("no-parts.json", b"{}"),
        ("notes.txt", b"hello"),
    ] {
        fs::write(scratch.0.join(name), content).expect("writable");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", scratch.0.join("greeter~link.json")).expect("writable");
        let made = Command::new("mkfifo").arg(scratch.0.join("greeter~pipe.json")).status().expect("`mkfifo` is there");
        assert!(made.success());
    }
    let odd = scratch.files().len();
    let mut watch = registry.watch(None).await.expect("watched");
    until(&registry, &["a"]).await;
    assert_eq!(next(&mut watch).await, Change::Created(node("a")));
    assert!(watch.try_next().is_none());
    assert_eq!(registry.services().await.expect("answered"), ["greeter"]);
    assert_eq!(scratch.files().len(), odd);
}

#[tokio::test]
async fn where_nothing_is_locked_time_decides() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let path = scratch.0.join("greeter~a.json");
    let mut file = fs::File::create(&path).expect("writable");
    file.write_all(&entry::to_bytes(&node("a"), LONG, entry::Lock::Unsupported)).expect("writable");
    until(&registry, &["a"]).await;
    // Slightly ahead of this clock, as another machine's clock may be; this is tolerated.
    file.set_modified(clock::wall() + LONG).expect("ours");
    until(&registry, &["a"]).await;
    file.set_modified(clock::wall() - 2 * LONG).expect("ours");
    until(&registry, &[]).await;
    assert!(!path.exists());
}

#[tokio::test]
async fn what_a_dead_process_left_half_written_is_tidied_up() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let left = scratch.0.join(".0123456789abcdef.tmp");
    fs::write(&left, "half").expect("writable");
    let _watch = registry.watch(None).await.expect("watched");
    assert!(!left.exists());
}

#[tokio::test]
async fn a_directory_that_is_removed_is_made_anew() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let mut watch = registry.watch(None).await.expect("watched");
    registry.register_once(&node("a"), LONG).await.expect("registered");
    assert_eq!(next(&mut watch).await, Change::Created(node("a")));
    fs::remove_dir_all(&scratch.0).expect("ours");
    assert_eq!(next(&mut watch).await, Change::Deleted(node("a")));
    registry.register_once(&node("a"), LONG).await.expect("registered");
    assert_eq!(next(&mut watch).await, Change::Created(node("a")));
    until(&registry, &["a"]).await;
}

#[cfg(unix)]
#[test]
fn a_directory_others_could_write_to_is_refused() {
    use std::os::unix::fs::{PermissionsExt, chown};

    let scratch = Scratch::new();
    scratch.local();
    let mode = || fs::metadata(&scratch.0).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o700);
    for open in [0o777, 0o770, 0o1777] {
        fs::set_permissions(&scratch.0, PermissionsExt::from_mode(open)).expect("ours");
        let error = Local::open(&scratch.0).unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        assert!(error.message().contains(&*scratch.0.to_string_lossy()), "{error}");
    }
    fs::set_permissions(&scratch.0, PermissionsExt::from_mode(0o700)).expect("ours");
    // Only root can give a directory away.
    if chown(&scratch.0, Some(12_345), None).is_ok() {
        let error = Local::open(&scratch.0).unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        assert!(error.message().contains("12345"), "{error}");
    }
}

#[test]
fn a_place_that_cannot_be_used_is_named() {
    let scratch = Scratch::new();
    fs::write(&scratch.0, "a file").expect("writable");
    let below = scratch.0.join("registry");
    for (path, shown) in [(scratch.0.clone(), &scratch.0), (below.clone(), &below)] {
        let error = Local::open(path).unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        assert!(error.message().contains(&*shown.to_string_lossy()), "{error}");
    }
    fs::remove_file(&scratch.0).expect("ours");
}

#[tokio::test]
async fn a_url_names_a_directory() {
    let scratch = Scratch::new();
    let registry = Registry::connect(&format!("local://{}", scratch.0.display())).await.expect("connected");
    registry.register_once(&node("a"), LONG).await.expect("registered");
    assert_eq!(scratch.files(), ["greeter~a.json"]);
    let error = Registry::connect("local://relative").await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}
