//! Changes of files while they are followed.

use serde_json::json;

use super::*;

/// Replaces a file as editors and careful programs do: writes a new file next to it, then renames it over the old one.
fn replace(path: &Path, text: &str) {
    let beside = path.with_file_name(format!(".{}.tmp", random::id()));
    fs::write(&beside, text).expect("writable");
    fs::rename(&beside, path).expect("writable");
}

#[tokio::test]
async fn a_change_is_seen_however_it_is_written() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": 0})).await;

    fs::write(&path, "a = 1").expect("in place");
    followed.until(json!({"a": 1})).await;
    replace(&path, "a = 2");
    followed.until(json!({"a": 2})).await;
    fs::remove_file(&path).expect("there");
    fs::write(&path, "a = 3").expect("made anew");
    followed.until(json!({"a": 3})).await;
    // vim with a backup: the old file is renamed, the new one is written under its name, the backup goes.
    fs::rename(&path, scratch.path("app.toml~")).expect("there");
    fs::write(&path, "a = 4").expect("made anew");
    fs::remove_file(scratch.path("app.toml~")).expect("there");
    followed.until(json!({"a": 4})).await;
    // A hard link, and a symbolic one, in its place.
    let other = scratch.write("other.toml", "a = 5");
    fs::remove_file(&path).expect("there");
    fs::hard_link(&other, &path).expect("links");
    followed.until(json!({"a": 5})).await;
    let mut end = fs::OpenOptions::new().append(true).open(&path).expect("there");
    end.write_all(b"\nb = 6").expect("writable");
    drop(end);
    followed.until(json!({"a": 5, "b": 6})).await;
}

#[tokio::test]
async fn nothing_comes_while_nothing_changes() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": 0})).await;
    fs::write(&path, "a = 0").expect("the same");
    replace(&path, "a = 0");
    scratch.write("neighbour.toml", "b = 1");
    let _ = fs::read(&path);
    followed.stays_quiet().await;
    fs::write(&path, "a = 1").expect("another");
    followed.until(json!({"a": 1})).await;
}

#[tokio::test]
async fn a_file_that_is_broken_or_gone_is_an_error_and_recovers() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": 0})).await;
    fs::write(&path, "a = ").expect("writable");
    let error = followed.next().await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    fs::write(&path, "a = 0").expect("writable");
    assert_eq!(json(&followed.next().await.unwrap()), json!({"a": 0}), "the same as before comes again");
    fs::remove_file(&path).expect("there");
    let error = followed.next().await.unwrap_err();
    assert_eq!(
        (error.code(), scratch.plain(&error).as_str()),
        (Code::NotFound, "`app.toml`: cannot be read now: no such file")
    );
    fs::write(&path, "a = 1").expect("writable");
    followed.until(json!({"a": 1})).await;
}

#[tokio::test]
async fn a_file_is_awaited_with_its_directories() {
    let scratch = Scratch::new();
    let path = scratch.path("not/yet/app.toml");
    let mut followed = Followed::new(&Files::new(&path));
    assert_eq!(followed.next().await.unwrap_err().code(), Code::NotFound);
    for round in 0..3 {
        scratch.write("not/yet/app.toml", format!("a = {round}"));
        followed.until(json!({"a": round})).await;
        fs::remove_dir_all(scratch.path("not")).expect("there");
        assert_eq!(followed.until_err().await.code(), Code::NotFound);
    }
    // The whole directory in one move, and another in its place.
    scratch.write("new/yet/app.toml", "a = 10");
    fs::rename(scratch.path("new"), scratch.path("not")).expect("there");
    followed.until(json!({"a": 10})).await;
    scratch.write("new/yet/app.toml", "a = 11");
    fs::rename(scratch.path("not"), scratch.path("old")).expect("there");
    fs::rename(scratch.path("new"), scratch.path("not")).expect("there");
    followed.until(json!({"a": 11})).await;
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Points a link elsewhere in one step, as Kubernetes does.
    fn swap(link: &Path, target: &str) {
        let beside = link.with_file_name(format!("..{}", random::id()));
        symlink(target, &beside).expect("writable");
        fs::rename(&beside, link).expect("writable");
    }

    #[tokio::test]
    async fn a_volume_of_kubernetes_is_swapped() {
        let scratch = Scratch::new();
        scratch.write("..2024_01/app.toml", "a = 1\nt = '${file:token}'");
        scratch.write("..2024_01/token", "one");
        symlink("..2024_01", scratch.path("..data")).expect("writable");
        symlink("..data/app.toml", scratch.path("app.toml")).expect("writable");
        symlink("..data/token", scratch.path("token")).expect("writable");
        let mut one = Followed::new(&Files::new(scratch.path("app.toml")));
        let mut all = Followed::new(&Files::new(&scratch.0));
        one.until(json!({"a": 1, "t": "one"})).await;
        all.until(json!({"a": 1, "t": "one"})).await;
        for round in 2..5 {
            scratch.write(&format!("..2024_0{round}/app.toml"), format!("a = {round}\nt = '${{file:token}}'"));
            scratch.write(&format!("..2024_0{round}/token"), "more");
            swap(&scratch.path("..data"), &format!("..2024_0{round}"));
            fs::remove_dir_all(scratch.path(&format!("..2024_0{}", round - 1))).expect("there");
            one.until(json!({"a": round, "t": "more"})).await;
            all.until(json!({"a": round, "t": "more"})).await;
        }
    }

    #[tokio::test]
    async fn a_link_among_the_directories_is_swapped() {
        let scratch = Scratch::new();
        scratch.write("releases/5/etc/app.toml", "a = 5");
        scratch.write("releases/6/etc/app.toml", "a = 6");
        symlink("releases/5", scratch.path("current")).expect("writable");
        let mut followed = Followed::new(&Files::new(scratch.path("current/etc/../etc/app.toml")));
        followed.until(json!({"a": 5})).await;
        swap(&scratch.path("current"), "releases/6");
        followed.until(json!({"a": 6})).await;
        fs::write(scratch.path("releases/6/etc/app.toml"), "a = 7").expect("the new place is followed");
        followed.until(json!({"a": 7})).await;
        swap(&scratch.path("current"), scratch.path("releases/5").to_str().expect("text"));
        followed.until(json!({"a": 5})).await;
        swap(&scratch.path("current"), "current");
        assert!(followed.until_err().await.message().contains("cannot be read now"));
        swap(&scratch.path("current"), "releases/6");
        followed.until(json!({"a": 7})).await;
    }
}

#[tokio::test]
async fn files_of_a_profile_come_and_go() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    let mut followed = Followed::new(&Files::new(&path).with_profile("dev"));
    followed.until(json!({"a": 0})).await;
    let dev = scratch.write("app.dev.toml", "a = 1");
    followed.until(json!({"a": 1})).await;
    replace(&dev, "b = 1");
    followed.until(json!({"a": 0, "b": 1})).await;
    fs::remove_file(&dev).expect("there");
    followed.until(json!({"a": 0})).await;
}

#[tokio::test]
async fn files_of_a_directory_come_and_go() {
    let scratch = Scratch::new();
    let directory = scratch.path("conf.d");
    let mut followed = Followed::new(&Files::new(&directory));
    assert_eq!(followed.next().await.unwrap_err().code(), Code::NotFound);
    scratch.write("conf.d/10.toml", "a = 0");
    followed.until(json!({"a": 0})).await;
    let second = scratch.write("conf.d/20.toml", "b = 0");
    followed.until(json!({"a": 0, "b": 0})).await;
    fs::write(&second, "b = 1").expect("writable");
    followed.until(json!({"a": 0, "b": 1})).await;
    fs::remove_file(&second).expect("there");
    followed.until(json!({"a": 0})).await;
    scratch.write("conf.d/.30.toml.swp", "c = 0");
    followed.stays_quiet().await;
}

#[tokio::test]
async fn files_that_are_referred_to_are_followed() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "key = '${file:secrets/key}'");
    let mut followed = Followed::new(&Files::new(&path));
    assert_eq!(followed.next().await.unwrap_err().code(), Code::InvalidArgument);
    let key = scratch.write("secrets/key", "one\n");
    followed.until(json!({"key": "one"})).await;
    replace(&key, "two\n");
    followed.until(json!({"key": "two"})).await;
    fs::write(&path, "key = '${file:secrets/other}'").expect("writable");
    followed.until_err().await;
    scratch.write("secrets/other", "three");
    followed.until(json!({"key": "three"})).await;
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_read() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0\nb = 0\n");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": 0, "b": 0})).await;
    let slow = path.clone();
    let writer = std::thread::spawn(move || {
        let mut file = fs::File::create(slow).expect("writable");
        for line in ["a = 1\n", "b = 1\n"] {
            std::thread::sleep(Duration::from_millis(150));
            file.write_all(line.as_bytes()).and_then(|()| file.flush()).expect("writable");
        }
    });
    let next = followed.next().await.unwrap();
    writer.join().expect("it writes");
    if cfg!(target_os = "linux") {
        assert_eq!(json(&next), json!({"a": 1, "b": 1}));
    }
}

#[tokio::test]
async fn a_file_that_is_still_being_written_is_not_read_where_nothing_reports_that() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0\nb = 0\n");
    let mut followed = Followed::polled(&Files::new(&path));
    followed.until(json!({"a": 0, "b": 0})).await;
    let slow = path.clone();
    let writer = std::thread::spawn(move || {
        for value in 1..4 {
            let mut file = fs::File::create(&slow).expect("writable");
            for line in [format!("a = {value}\n"), format!("b = {value}\n")] {
                file.write_all(line.as_bytes()).and_then(|()| file.flush()).expect("writable");
                std::thread::sleep(Duration::from_millis(100));
            }
            std::thread::sleep(Duration::from_millis(700));
        }
    });
    let mut last = 0;
    while last < 3 {
        let seen = json(&followed.next().await.unwrap());
        assert_eq!(seen["a"], seen["b"], "a file that was never whole");
        last = seen["a"].as_u64().expect("a number");
    }
    writer.join().expect("it writes");
}

#[tokio::test]
async fn a_file_that_becomes_empty_is_given_time() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    // Without notifications, polling is the only way to detect a write.
    let mut followed = Followed::polled(&Files::new(&path));
    followed.until(json!({"a": 0})).await;
    let slow = path.clone();
    let writer = std::thread::spawn(move || {
        for value in 1..4 {
            let mut file = fs::File::create(&slow).expect("writable");
            std::thread::sleep(Duration::from_millis(150));
            write!(file, "a = {value}").expect("writable");
            drop(file);
            std::thread::sleep(Duration::from_millis(value * 250));
        }
    });
    let mut last = 0;
    while last < 3 {
        last = json(&followed.next().await.unwrap())["a"].as_u64().expect("never empty");
    }
    writer.join().expect("it writes");
    fs::write(&path, "").expect("writable");
    followed.until(json!({})).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_writer_who_never_closes_is_waited_for_only_so_long() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0\n");
    let mut followed = Followed::new(&Files::new(&path));
    followed.until(json!({"a": 0})).await;
    let mut file = fs::OpenOptions::new().append(true).open(&path).expect("there");
    file.write_all(b"b = 0\n").expect("writable");
    followed.until(json!({"a": 0, "b": 0})).await;
    file.write_all(b"c = 0\n").expect("writable");
    followed.until(json!({"a": 0, "b": 0, "c": 0})).await;
}

#[tokio::test]
async fn without_events_changes_are_found_by_looking() {
    let scratch = Scratch::new();
    let path = scratch.write("app.toml", "a = 0");
    let mut followed = Followed::polled(&Files::new(&path));
    followed.until(json!({"a": 0})).await;
    // Of another length, so the change shows even within a tick of the clock.
    for value in [10, 200] {
        replace(&path, &format!("a = {value}"));
        followed.until(json!({"a": value})).await;
    }
    fs::remove_file(&path).expect("there");
    assert_eq!(followed.next().await.unwrap_err().code(), Code::NotFound);
    fs::write(&path, "a = 1").expect("writable");
    followed.until(json!({"a": 1})).await;
}
