//! A store that cannot be used: read-only, locked, damaged, of a newer program, on a full disk (R4). What, why and what to
//! do are told in three lines, the exit status is 1, and nothing is lost or half written.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use super::{Place, name, place};

const BOOKING: &str = r#"{"triggerEvent": "BOOKING_CREATED", "createdAt": "2026-11-20T10:00:00Z", "payload": {
    "uid": "u1", "title": "Intro", "type": "demo", "startTime": "2031-01-05T10:00:00Z", "endTime": "2031-01-05T10:30:00Z",
    "organizer": {"email": "ann@seller.test", "name": "Ann", "timeZone": "UTC"},
    "attendees": [{"email": "bo@buyer.test", "name": "Bo Lee", "timeZone": "UTC"}], "status": "ACCEPTED"}}"#;

/// A store with one contact and one booking, and a file with one more.
fn filled() -> Place {
    let place = place();
    let file = place.write("booking.json", BOOKING);
    place.write("more.json", BOOKING.replace("u1", "u2"));
    assert_eq!(place.run(&["ingest", name(&file)]).0, 0);
    place
}

/// What, why and what to do; nothing on the standard output.
fn told((code, stdout, stderr): (i32, String, String), why: &str) {
    assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    assert!(
        matches!(lines[..], [what, reason, fix] if what.starts_with("error: ")
        && reason.starts_with("  why: ") && reason.contains(why) && fix.starts_with("  fix: ")),
        "{stderr}"
    );
}

fn activities(place: &Place) -> i64 {
    place.query::<(i64,)>("SELECT count(*) FROM activity")[0].0
}

/// Every kind of program is told the same: one that reads, one that writes, one that works on, one that copies.
fn all_are_told(place: &Place, why: &str) {
    let (more, copy) = (place.path("more.json"), place.path("copy.db"));
    for args in [
        &["contact", "list"][..],
        &["ingest", name(&more)],
        &["sync", "--status"],
        &["sync", "--once"],
        &["backup", name(&copy)],
    ] {
        told(place.run(args), why);
    }
    assert!(!copy.exists(), "no copy of what is no good");
    // For scripts, the same as JSON.
    let (code, _, stderr) = place.run(&["contact", "list", "--json"]);
    let error: Value = serde_json::from_str(&stderr).unwrap();
    assert!(code == 1 && error["error"]["why"].as_str().unwrap().contains(why), "{stderr}");
    let (code, told) = place.json(&["doctor", "--offline"]);
    let lines = told["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["about"] == "store").unwrap();
    assert!(code == 1 && line["level"] == "error" && line["finding"].as_str().unwrap().contains(why), "{line:#}");
}

/// A program in the hands of somebody without rights; `None`: that cannot be had here.
fn powerless(place: &Place, args: &[&str]) -> Option<Command> {
    let mut command = place.command(args);
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
        // The program may lie where nobody but the superuser can reach it.
        let mut probe = Command::new(command.get_program());
        probe.arg("--version").uid(65_534).gid(65_534).stdout(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            eprintln!("not tried: the program cannot be run by another user here");
            return None;
        }
    }
    Some(command)
}

fn given_away(path: &Path) {
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                given_away(&entry.unwrap().path());
            }
        }
    }
}

#[test]
fn a_read_only_store_is_told_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let place = filled();
    let (data, file, more) = (place.path("data"), place.path("data/rolodeck.db"), place.path("more.json"));
    given_away(place.folder.path());
    let before = std::fs::read(&file).unwrap();
    let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    for (path, mode, usual) in [(&file, 0o400, 0o600), (&data, 0o500, 0o700)] {
        set(path, mode);
        for args in [&["ingest", name(&more)][..], &["contact", "list"], &["sync", "--once"], &[]] {
            let Some(mut command) = powerless(&place, args) else { return };
            let output = command.stdin(Stdio::null()).output().unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            let why = format!("{} cannot be written to: permission denied", path.display());
            told((output.status.code().unwrap(), text(output.stdout), text(output.stderr)), &why);
        }
        set(path, usual);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    assert_eq!(place.run(&["ingest", name(&more)]).0, 0, "once it is writable, all goes on");
    assert_eq!(activities(&place), 2);
}

#[test]
fn a_locked_store_is_waited_for_and_then_told() {
    let place = filled();
    let (more, copy) = (place.path("more.json"), place.path("safe.db"));
    assert_eq!(place.run(&["backup", name(&copy)]).0, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("sqlite://{}", place.path("data/rolodeck.db").display());
    let mut holder = runtime.block_on(async {
        let mut holder = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
        holder
    });
    // Somebody writes for very long: who reads does not care, who writes gives up after a while.
    let (code, list) = place.json(&["contact", "list"]);
    assert_eq!((code, list["contacts"].as_array().map(Vec::len)), (0, Some(1)), "{list:#}");
    told(place.run(&["ingest", name(&more)]), "line 1: another process keeps the store locked");
    assert_eq!(activities(&place), 1);

    // Somebody has the file for themselves.
    runtime.block_on(async {
        for sql in
            ["ROLLBACK", "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE setting SET value = value"]
        {
            sqlx::query(sql).execute(&mut holder).await.unwrap();
        }
    });
    // All at once: each waits for ten seconds.
    let all =
        [vec!["contact", "list"], vec!["ingest", name(&more)], vec!["sync", "--once"], vec!["restore", name(&copy)]];
    std::thread::scope(|scope| {
        for args in &all {
            scope.spawn(|| told(place.run(args), "another process keeps the store locked"));
        }
    });
    runtime.block_on(async {
        sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
        holder.close().await.unwrap();
    });
    assert_eq!(place.run(&["ingest", name(&more)]).0, 0, "once it is free, all goes on");
    assert_eq!(activities(&place), 2);
}

#[test]
fn a_damaged_store_is_told_left_as_it_is_and_replaced_by_a_copy() {
    let place = filled();
    let (file, safe) = (place.path("data/rolodeck.db"), place.path("safe.db"));
    assert_eq!(place.run(&["backup", name(&safe)]).0, 0);
    let whole = std::fs::read(&file).unwrap();
    let spoil = |how: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        how(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        bytes
    };
    for damage in [
        &(|bytes: &mut Vec<u8>| bytes[..100].fill(7)) as &dyn Fn(&mut Vec<u8>),
        &|bytes| bytes.truncate(20_000),
        &|bytes| (10..bytes.len() / 4096).for_each(|page| bytes[page * 4096..page * 4096 + 200].fill(0x99)),
    ] {
        let spoiled = spoil(damage);
        all_are_told(&place, "the store is damaged");
        assert!(std::fs::read(&file).unwrap() == spoiled, "what is left may be saved yet");
    }
    let (code, back) = place.json(&["restore", name(&safe)]);
    assert_eq!((code, activities(&place)), (0, 1), "{back:#}");
    assert!(Path::new(back["before"].as_str().unwrap()).exists());
}

#[test]
fn a_store_of_a_newer_program_is_told_and_left_as_it_is() {
    let place = filled();
    place.query::<(i64,)>(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0) RETURNING version",
    );
    let file = place.path("data/rolodeck.db");
    let before = std::fs::read(&file).unwrap();
    all_are_told(&place, "was written by a newer rolodeck (schema 9999; this one knows up to ");
    assert!(std::fs::read(&file).unwrap() == before);
    let copy = place.write("of-newer.db", &before);
    let old = filled();
    told(old.run(&["restore", name(&copy)]), "was written by a newer rolodeck");
    assert_eq!(activities(&old), 1);
}

/// A disk of its own, made by whoever may: the superuser, or everybody where users have name spaces of their own.
#[test]
fn a_full_disk_is_told_and_nothing_is_half_written() {
    let place = filled();
    let disk = place.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let script = r#"
        set -e
        mount -t tmpfs -o size=2m tmpfs "$DISK" || exit 77
        cp -r "$DATA" "$DISK/data"
        rolodeck() { "$PROGRAM" --config "$CONFIG" --data-dir "$DISK/data" "$@"; }
        cat /dev/zero > "$DISK/pad" 2> /dev/null || true # no byte is left
        for run in "ingest $MORE" "sync --status" "contact list" "backup $DISK/copy.db"; do
            code=0; rolodeck $run > "$DISK/../out" 2> "$DISK/../err" || code=$?
            echo "$code $(cat "$DISK/../out" "$DISK/../err" | tr '\n' '|')"
        done
        test ! -e "$DISK/copy.db"
        truncate -s -500K "$DISK/pad" # some room, which a long file uses up
        code=0; rolodeck ingest "$LONG" > "$DISK/../out" 2> "$DISK/../err" || code=$?
        echo "$code $(tail -n 3 "$DISK/../err" | tr '\n' '|')"
        cp -r "$DISK/data" "$DISK/../filled"
        rm "$DISK/pad"
        rolodeck ingest "$LONG" > /dev/null
        rm -r "$DATA"; cp -r "$DISK/data" "$DATA"
    "#;
    let bookings = |n: usize| {
        (0..n).map(|n| BOOKING.replace("u1", &format!("long{n}")).replace('\n', " ") + "\n").collect::<String>()
    };
    let long = place.write("long.jsonl", bookings(400));
    let program = place.command(&[]);
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c", script]).stdin(Stdio::null());
    shell.env("PROGRAM", program.get_program()).env("CONFIG", place.path("config.toml")).env("DISK", &disk);
    shell.env("DATA", place.path("data")).env("MORE", place.path("more.json")).env("LONG", &long);
    let output = match shell.output() {
        Ok(output)
            if output.status.code() != Some(77) && !String::from_utf8_lossy(&output.stderr).contains("unshare") =>
        {
            output
        }
        refused => {
            eprintln!("not tried: no disk can be made here: {refused:?}");
            return;
        }
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in text.lines() {
        assert!(
            line.starts_with("1 ") && line.contains("why: ") && line.contains("the disk is full|  fix: "),
            "{text}"
        );
    }
    assert_eq!(text.lines().count(), 5, "{text}");
    // As much as was said to be stored is there, whole, and the same file again takes the rest.
    assert_eq!(activities(&place), 401);
    assert_eq!(place.json(&["doctor", "--offline"]).0, 0);
    let half = super::place();
    std::fs::rename(place.path("filled"), half.path("data")).unwrap();
    assert!((1..401).contains(&activities(&half)), "{}", activities(&half));
    assert_eq!(half.json(&["doctor", "--offline"]).0, 0);
}

/// A quota or a limit on the size of files is no full disk, but comes to the same.
#[test]
fn a_limit_on_the_size_of_files_is_told() {
    let place = filled();
    let long: String =
        (0..2_000).map(|n| BOOKING.replace("u1", &format!("long{n}")).replace('\n', " ") + "\n").collect();
    let long = place.write("long.jsonl", long);
    let program = place.command(&["ingest", name(&long)]);
    let mut shell = Command::new("bash");
    shell
        .args(["-c", "trap '' XFSZ; ulimit -f 900; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && error.contains("the disk refuses") && error.contains("  fix: "),
        "{error}"
    );
    let stored = activities(&place);
    assert!((1..2_001).contains(&stored), "{stored}");
    assert_eq!(place.json(&["doctor", "--offline"]).0, 0);
    assert_eq!(place.run(&["ingest", name(&long)]).0, 0);
    assert_eq!(activities(&place), 2_001);
}
