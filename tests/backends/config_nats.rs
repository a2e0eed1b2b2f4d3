//! Settings in a bucket of NATS.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_nats::ConnectOptions;
use async_nats::jetstream::{self, kv};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt as _;
use micro::Code;
use micro::config::{Nats, Source, Table, Updates};
use micro::testing::{LogCapture, suite};
use micro_tests::servers::nats::{Server, free_port, installed, newest, oldest};
use micro_tests::{Folder, PATIENCE, output};
use nkeys::KeyPair;

/// Appears in no name, origin, error or log.
const CANARY: &str = "c4n4ry/p@ss";
const ENCODED: &str = "c4n4ry%2Fp%40ss";

/// A server with a login, a bucket on it, and a client of its own to write with.
pub(crate) struct Bucket {
    server: Mutex<Server>,
    address: String,
    store: kv::Store,
}

async fn client(address: &str) -> async_nats::Client {
    let options = ConnectOptions::with_user_and_password("micro".into(), CANARY.into());
    let options = options.reconnect_delay_callback(|_| Duration::from_millis(10));
    options.connect(address).await.expect("the server lets the test in")
}

/// Makes the bucket as `nats kv add` does. The driver's own `create_key_value` wants to know more about the account than the
/// old server says.
async fn bucket(address: &str, max_age: Duration) -> kv::Store {
    let context = jetstream::new(client(address).await);
    let stream = jetstream::stream::Config {
        name: "KV_settings".into(),
        subjects: vec!["$KV.settings.>".into()],
        max_messages_per_subject: 1,
        max_age,
        discard: jetstream::stream::DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        num_replicas: 1,
        ..Default::default()
    };
    context.create_stream(stream).await.expect("a stream");
    context.get_key_value("settings").await.expect("a bucket")
}

fn start(program: &std::path::Path) -> Server {
    Server::start(program, &["-D", "--user", "micro", "--pass", CANARY])
}

impl Bucket {
    pub(crate) async fn start(program: &std::path::Path) -> Self {
        let server = start(program);
        let address = server.address();
        let store = bucket(&address, Duration::ZERO).await;
        Bucket { server: Mutex::new(server), address, store }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://micro:{ENCODED}@{}/settings", self.address)
    }

    pub(crate) async fn put(&self, key: &str, value: impl Into<Vec<u8>>) {
        let put = self.store.put(key, value.into().into());
        put.await.unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    async fn delete(&self, key: &str) {
        self.store.delete(key).await.unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    /// Kills the server.
    pub(crate) fn down(&self) {
        self.server(Server::kill);
    }

    /// Starts it again, and waits until it can be written to.
    pub(crate) async fn back(&self) {
        self.server(Server::start_again);
        // Until the test's own client is back, it can change nothing.
        let back = async {
            while self.store.entry("back").await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, back).await.expect("the server is back");
    }

    fn server<T>(&self, then: impl FnOnce(&mut Server) -> T) -> T {
        then(&mut self.server.lock().expect("nobody panics while holding it"))
    }
}

impl suite::Fixture for Bucket {
    fn server(&self) -> suite::Server {
        suite::Server::Controlled
    }

    async fn down(&self) {
        Bucket::down(self);
    }

    async fn up(&self) {
        self.back().await;
    }
}

impl suite::config::Fixture for Bucket {
    type Source = Nats;

    fn source(&self) -> Nats {
        Nats::new(&self.url()).expect("a URL")
    }

    async fn put(&self, path: &str, value: &str) {
        Bucket::put(self, path, value).await;
    }

    async fn remove(&self, path: &str) {
        self.delete(path).await;
    }

    fn credential(&self) -> Option<&str> {
        Some(CANARY)
    }

    fn unreachable(&self) -> Option<Nats> {
        let nobody = format!("nats://micro:{ENCODED}@127.0.0.1:{}/settings", free_port());
        Some(Nats::new(&nobody).expect("a URL"))
    }
}

async fn bucket_of(program: Option<std::path::PathBuf>) -> Option<Bucket> {
    Some(Bucket::start(&program?).await)
}

mod on_the_newest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        config(super::bucket_of(super::newest()).await)
    }
}

mod on_the_oldest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        config(super::bucket_of(super::oldest()).await)
    }
}

/// Runs a long test against every version at once.
async fn on_each(test: impl AsyncFn(&'static str, std::path::PathBuf)) {
    futures_util::future::join_all(installed().into_iter().map(|(name, program)| test(name, program))).await;
}

async fn next(updates: &mut Updates) -> micro::Result<Table> {
    tokio::time::timeout(PATIENCE, updates.next()).await.expect("something is told").expect("the stream goes on")
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(|node| node.value.as_str())
}

/// Reads on, through failures, until a key has a value.
async fn until(updates: &mut Updates, key: &str, value: Option<&str>) {
    while !next(updates).await.is_ok_and(|table| text(&table, key) == value) {}
}

#[tokio::test]
async fn a_server_that_comes_late_is_found() {
    for (_, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("a", "1").await;
        bucket.server(Server::stop);
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        let begun = Instant::now();
        assert_eq!(next(&mut updates).await.unwrap_err().code(), Code::Unavailable);
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        bucket.server(Server::start_again);
        until(&mut updates, "a", Some("1")).await;
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_told_and_not_made() {
    for (_, program) in installed() {
        let server = start(&program);
        let url = format!("nats://micro:{ENCODED}@{}/settings", server.address());
        let mut updates = Nats::new(&url).unwrap().updates();
        let error = next(&mut updates).await.unwrap_err();
        assert_eq!(error.code(), Code::NotFound, "{error}");
        assert!(error.message().ends_with("create it with `nats kv add settings`"), "{error}");
        let silent = tokio::time::timeout(Duration::from_secs(1), updates.next()).await;
        assert!(silent.is_err(), "told twice: {silent:?}");

        let store = bucket(&server.address(), Duration::ZERO).await;
        store.put("a", "1".into()).await.unwrap();
        until(&mut updates, "a", Some("1")).await;
    }
}

#[tokio::test]
async fn an_empty_bucket_is_no_settings() {
    for (_, program) in installed() {
        let bucket = Bucket::start(&program).await;
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        let begun = Instant::now();
        assert_eq!(next(&mut updates).await.unwrap(), Table::new());
        assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
        bucket.put("a", "1").await;
        until(&mut updates, "a", Some("1")).await;
        bucket.store.purge("a").await.unwrap();
        until(&mut updates, "a", None).await;
    }
}

#[tokio::test]
async fn a_prefix_and_a_document_read_their_part() {
    for (_, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("app.a", "1").await;
        bucket.put("apple.a", "2").await;
        bucket.put("micro_config", r#"{"a": {"b": [1]}}"#).await;
        let mut below = Nats::new(&format!("{}?prefix=app.", bucket.url())).unwrap().updates();
        let mut document = Nats::new(&format!("{}?key=micro_config", bucket.url())).unwrap().updates();
        let table = next(&mut below).await.unwrap();
        assert_eq!((table.len(), text(&table, "a")), (1, Some("1")));
        assert_eq!(table["a"].origin.place(), "nats `settings` key `app.a`");
        let table = next(&mut document).await.unwrap();
        assert_eq!(format!("{table:?}"), r#"{"a": { b = [1] } (nats `settings` key `micro_config`)}"#);

        // What is elsewhere in the bucket is no item.
        bucket.put("apple.a", "3").await;
        bucket.put("app.a", "4").await;
        assert_eq!(text(&next(&mut below).await.unwrap(), "a"), Some("4"));
        bucket.delete("micro_config").await;
        assert_eq!(next(&mut document).await.unwrap(), Table::new());
    }
}

#[tokio::test]
async fn a_bad_value_is_told_with_its_key_and_the_stream_goes_on() {
    for (_, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("good", "1").await;
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        next(&mut updates).await.unwrap();
        bucket.put("bad.key", b"canary\xff").await;
        let error = next(&mut updates).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.message(), "nats `settings` key `bad.key` is not UTF-8");
        bucket.put("bad.key", "mended").await;
        assert!(next(&mut updates).await.unwrap().contains_key("bad"));
    }
}

#[tokio::test]
async fn a_frozen_server_is_told_and_what_changed_is_seen_when_it_goes_on() {
    on_each(async |name, program| {
        let bucket = Bucket::start(&program).await;
        bucket.put("a", "1").await;
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        next(&mut updates).await.unwrap();
        bucket.server(|server| server.freeze());
        let begun = Instant::now();
        let error = next(&mut updates).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        println!("{name}: a frozen server is told after {:?}: {error}", begun.elapsed());
        bucket.server(|server| server.thaw());
        let begun = Instant::now();
        bucket.put("a", "2").await;
        until(&mut updates, "a", Some("2")).await;
        println!("{name}: and seen again after {:?}", begun.elapsed());
    })
    .await;
}

#[tokio::test]
async fn a_watch_the_server_forgot_is_made_again() {
    on_each(async |name, program| {
        let bucket = Bucket::start(&program).await;
        bucket.put("a", "1").await;
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        next(&mut updates).await.unwrap();
        let mut consumers = bucket.store.stream.consumer_names();
        while let Some(consumer) = consumers.next().await {
            bucket.store.stream.delete_consumer(&consumer.unwrap()).await.unwrap();
        }
        let begun = Instant::now();
        bucket.put("a", "2").await;
        // Two heartbeats are missed first.
        assert_eq!(text(&next(&mut updates).await.unwrap(), "a"), Some("2"));
        println!("{name}: a forgotten watch is made again after {:?}", begun.elapsed());

        jetstream::new(client(&bucket.address).await).delete_key_value("settings").await.unwrap();
        assert_eq!(next(&mut updates).await.unwrap_err().code(), Code::NotFound);
        let store = self::bucket(&bucket.address, Duration::ZERO).await;
        store.put("b", "1".into()).await.unwrap();
        until(&mut updates, "b", Some("1")).await;
    })
    .await;
}

#[tokio::test]
async fn what_expires_without_a_word_is_gone_when_all_is_read_anew() {
    on_each(async |name, program| {
        let server = start(&program);
        let store = bucket(&server.address(), Duration::from_secs(2)).await;
        store.put("a", "1".into()).await.unwrap();
        let url = format!("nats://micro:{ENCODED}@{}/settings", server.address());
        let mut updates = Nats::new(&url).unwrap().updates();
        assert_eq!(text(&next(&mut updates).await.unwrap(), "a"), Some("1"));
        let begun = Instant::now();
        let told = tokio::time::timeout(Duration::from_secs(35), updates.next()).await;
        assert_eq!(told.expect("within thirty seconds").unwrap().unwrap(), Table::new());
        println!("{name}: expiry seen after {:?}", begun.elapsed());
    })
    .await;
}

#[tokio::test]
async fn logins_are_used_and_shown_nowhere() {
    for (name, program) in installed() {
        // Where there is but one subscriber, tracing asks the thread that comes first whether a line is wanted, and that may
        // be another test's, which has none.
        let _second = LogCapture::capture();
        let logs = LogCapture::capture();
        let token = Server::start(&program, &["--auth", CANARY]);
        let address = token.address();
        let mut shown = String::new();
        for (url, code) in [
            (format!("nats://{ENCODED}@{address}/settings"), Code::NotFound),
            (format!("nats://{address}/settings?token={ENCODED}"), Code::NotFound),
            (format!("nats://{address}/settings?token={ENCODED}x"), Code::Unauthenticated),
            (format!("nats://micro:{ENCODED}@{address}/settings"), Code::Unauthenticated),
            (format!("nats://{address}/settings"), Code::Unauthenticated),
            (format!("nats://{address}/settings?creds=/nowhere/{ENCODED}"), Code::InvalidArgument),
        ] {
            let source = Nats::new(&url).unwrap();
            let error = next(&mut source.updates()).await.unwrap_err();
            assert_eq!(error.code(), code, "{name}: {error:?}");
            if code != Code::InvalidArgument {
                shown += &format!("{source:?} {} {error:?} {error:#}\n", source.name());
            }
        }
        shown += &logs.text();
        assert!(shown.contains("connected successfully"), "nothing was captured: {shown}");
        for secret in [CANARY, ENCODED, "c4n4ry"] {
            let line = shown.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{name}: {line:?}");
        }
    }
}

#[tokio::test]
async fn a_login_that_is_taken_no_more_is_told() {
    on_each(async |name, program| {
        let bucket = Bucket::start(&program).await;
        bucket.put("a", "1").await;
        let mut updates = Nats::new(&bucket.url()).unwrap().updates();
        next(&mut updates).await.unwrap();
        bucket.server(|server| {
            server.stop();
            server.start_again_with(&["--user", "micro", "--pass", "another"]);
        });
        let error = next(&mut updates).await.unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated, "{name}: {error:?}");
        bucket.server(|server| {
            server.stop();
            server.start_again_with(&["--user", "micro", "--pass", CANARY]);
        });
        assert_eq!(text(&next(&mut updates).await.unwrap(), "a"), Some("1"));
    })
    .await;
}

/// Makes a certificate for this machine and an authority that vouches for it.
fn certificates(folder: &std::path::Path) {
    let openssl = |arguments: &str| {
        let mut command = std::process::Command::new("openssl");
        let output = output(command.args(arguments.split(' ')).current_dir(folder));
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    };
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {KEY} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"));
    openssl(&format!("req {KEY} -keyout server.key -out server.csr -subj /CN=server"));
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1").unwrap();
    openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem");
}

#[tokio::test]
async fn tls_is_used_where_it_is_wanted_and_only_with_who_can_be_trusted() {
    for (name, program) in installed() {
        let folder = Folder::new();
        certificates(folder.path());
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (cert, key, ca) = (file("server.pem"), file("server.key"), file("ca.pem"));
        let tls = Server::start(&program, &["--tls", "--tlscert", &cert, "--tlskey", &key]);
        let plain = Server::start(&program, &[]);
        for (url, code) in [
            (format!("tls://{}/settings?ca={ca}", tls.address()), Code::NotFound),
            (format!("nats://{}/settings?ca={ca}&tls=true", tls.address()), Code::NotFound),
            (format!("nats://{}/settings?ca={ca}", tls.address()), Code::NotFound),
            (format!("nats://{}/settings?ca={cert}x", tls.address()), Code::InvalidArgument),
            (format!("tls://{}/settings", tls.address()), Code::Unavailable),
            (format!("tls://{}/settings?ca={ca}", plain.address()), Code::Unavailable),
        ] {
            let error = next(&mut Nats::new(&url).unwrap().updates()).await.unwrap_err();
            println!("{name}: {error}");
            assert_eq!(error.code(), code, "{name}: {url}: {error:?}");
        }
    }
}

/// Something an issuer says of a subject, signed, as `nsc` writes it.
fn jwt(issuer: &KeyPair, subject: &KeyPair, claims: serde_json::Value) -> String {
    let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let head = encode(serde_json::json!({"typ": "JWT", "alg": "ed25519-nkey"}));
    let (iss, sub) = (issuer.public_key(), subject.public_key());
    let body = encode(serde_json::json!({"jti": "x", "iat": 1, "iss": iss, "sub": sub, "nats": claims}));
    let signature = issuer.sign(format!("{head}.{body}").as_bytes()).unwrap();
    format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_file_with_credentials_lets_in() {
    let (operator, system) = (KeyPair::new_operator(), KeyPair::new_account());
    let (account, user, stranger) = (KeyPair::new_account(), KeyPair::new_user(), KeyPair::new_user());
    let all = serde_json::json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1
    });
    let account_jwt =
        |account| jwt(&operator, account, serde_json::json!({"limits": all, "type": "account", "version": 2}));
    let user_jwt = serde_json::json!({
        "pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2
    });
    let user_jwt = jwt(&account, &user, user_jwt);
    let folder = Folder::new();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let config = file(
        "server.conf",
        format!(
            "operator: {}\nsystem_account: {}\nresolver: MEMORY\nresolver_preload: {{ {}: {}, {}: {} }}",
            jwt(&operator, &operator, serde_json::json!({"type": "operator", "version": 2})),
            system.public_key(),
            system.public_key(),
            account_jwt(&system),
            account.public_key(),
            account_jwt(&account),
        ),
    );
    let creds = |who: &KeyPair| {
        let seed = who.seed().unwrap();
        format!(
            "-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    };
    let (right, wrong) = (file("right.creds", creds(&user)), file("wrong.creds", creds(&stranger)));
    let broken = file("broken.creds", format!("-----BEGIN USER NKEY SEED-----\n{CANARY}"));
    for (name, program) in installed() {
        let server = Server::start(&program, &["-c", &config]);
        for (file, code, says) in [
            // The account was not given JetStream, and the login was taken.
            (&right, Code::Unavailable, "JetStream"),
            (&wrong, Code::Unauthenticated, "refuses the login"),
            (&broken, Code::InvalidArgument, "broken.creds"),
        ] {
            let url = format!("nats://{}/settings?creds={file}", server.address());
            let error = next(&mut Nats::new(&url).unwrap().updates()).await.unwrap_err();
            println!("{name}: {error:?}");
            assert_eq!(error.code(), code, "{name}: {error:?}");
            assert!(error.message().contains(says), "{name}: {error:?}");
            assert!(!format!("{error:?}").contains(CANARY), "{name}");
        }
    }
}

#[tokio::test]
async fn a_login_without_permission_is_told() {
    for (name, program) in installed() {
        let folder = Folder::new();
        let config = folder.path().join("server.conf");
        let users = format!(
            r#"authorization {{ users = [
                {{ user: micro, password: "{CANARY}" }}
                {{ user: reader, password: reader, permissions: {{ publish: {{ deny: "$JS.API.STREAM.INFO.KV_settings" }} }} }}
            ] }}"#
        );
        std::fs::write(&config, users).unwrap();
        let server = Server::start(&program, &["-c", config.to_str().unwrap()]);
        bucket(&server.address(), Duration::ZERO).await;
        let begun = Instant::now();
        let url = format!("nats://reader:reader@{}/settings", server.address());
        let error = next(&mut Nats::new(&url).unwrap().updates()).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied, "{name}: {error:?}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn sources_of_one_address_share_a_connection() {
    for (name, program) in installed() {
        let bucket = Bucket::start(&program).await;
        bucket.put("a", "1").await;
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let connections = || bucket.server(|server| server.log().matches("Client connection created").count());
        let before = (tasks(), connections());
        // The first server of the list does not answer.
        let url = format!("nats://micro:{ENCODED}@127.0.0.1:{},{}/settings", free_port(), bucket.address);
        let mut updates: Vec<Updates> = (0..10).map(|_| Nats::new(&url).unwrap().updates()).collect();
        let first = futures_util::future::join_all(updates.iter_mut().map(next)).await;
        assert!(first.iter().all(|table| text(table.as_ref().unwrap(), "a") == Some("1")), "{name}");
        assert_eq!((tasks(), connections()), (before.0 + 3, before.1 + 1), "{name}: three tasks of the driver's");
        drop(updates);
        while tasks() > before.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
