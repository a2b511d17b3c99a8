//! `fob grant`, `fob client` and `fob log` with the real fobd and a real prompt's process: a script in its place answers as the test
//! says and keeps every question that it saw.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use fob_tests::house::House;
use fob_tests::program::{Program, built};
use serde_json::Value;
use tempfile::TempDir;

const PASSPHRASE: &str = "a passphrase of ada lovelace";
/// What belongs into a prompt: it stands in the folder with fobd, as the household's prompt has to.
const PROMPT: &str =
    "#!/bin/sh\ncd \"$(dirname \"$0\")\" || exit 1\nread -r question\necho \"$question\" >>asked\ncat answer >&0\n";
const ALWAYS: &str = r#"{"answer":"granted","choice":"always"}"#;
const UNTIL_LOCK: &str = r#"{"answer":"granted","choice":"until-lock"}"#;
const NO: &str = r#"{"answer":"refused"}"#;

/// A house whose programs are in a folder of their own, with the script for a prompt.
struct Home {
    house: House,
    programs: PathBuf,
    _fobd: Program,
}

impl Home {
    fn build() -> Self {
        let house = House::build().unwrap();
        let programs = house.home().join("programs");
        fs::create_dir(&programs).unwrap();
        for name in ["fob", "fobd"] {
            fs::copy(built(name).unwrap(), programs.join(name)).unwrap();
        }
        fs::write(programs.join("fob-prompt"), PROMPT).unwrap();
        for name in ["", "fob", "fobd", "fob-prompt"] {
            fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = house.command(programs.join("fobd"));
        let mut fobd = Program::start("fobd", command.arg("--no-session-bus").stdout(Stdio::null())).unwrap();
        let socket = house.socket();
        fobd.wait_until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok()).unwrap();
        let home = Self { house, programs, _fobd: fobd };
        home.answers(NO);
        let made = home.with_secret("init --recovery-fd 4 --passphrase-fd", PASSPHRASE);
        assert!(made.status.success(), "{made:?}");
        let uri = "otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP";
        assert!(home.with_secret("otp add --uri-fd", uri).status.success());
        home
    }

    /// What the person says from here on.
    fn answers(&self, answer: &str) {
        fs::write(self.programs.join("answer"), format!("{answer}\n")).unwrap();
    }

    /// The questions since the last look.
    fn asked(&self) -> Vec<Value> {
        let path = self.programs.join("asked");
        let lines = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn run(&self, fob: &Path, line: &str) -> Output {
        let mut command = self.house.command(fob);
        command.args(line.split(' ')).stdin(Stdio::null()).output().unwrap()
    }

    /// fob beside fobd; the secret is on descriptor 3, and what comes out of 4 nobody needs.
    fn with_secret(&self, line: &str, secret: &str) -> Output {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let (unread, sink) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, secret.as_bytes()).unwrap();
        drop(writer);
        let mut command = self.house.command(self.programs.join("fob"));
        command.args(line.split(' ')).arg("3").stdin(Stdio::null());
        let mappings = [(reader.into(), 3), (sink.into(), 4)];
        let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mappings.into()).unwrap();
        let output = command.output().unwrap();
        drop(unread);
        output
    }

    /// fob beside fobd, which has to do it.
    fn fob(&self, line: &str) -> Output {
        let output = self.run(&self.programs.join("fob"), line);
        assert!(output.status.success(), "{line}: {output:?}");
        output
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_slice(&self.fob(&format!("{line} --json")).stdout).unwrap()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// fob under another name, and so another program: in a folder of root's where nobody else writes, which no temporary one is.
fn stranger() -> (TempDir, PathBuf) {
    let folder = tempfile::Builder::new().prefix("stranger-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().canonicalize().unwrap().join("stranger");
    fs::copy(built("fob").unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (folder, program)
}

#[test]
fn a_program_is_listed_remembered_taken_back_and_forgotten() {
    if !is_root() {
        println!("skipped: only programs of root's are remembered, and this is not root");
        return;
    }
    let (_folder, program) = stranger();
    let home = Home::build();
    let allow = format!("client allow {} --name Stranger", program.display());
    let denied = home.run(&home.programs.join("fob"), &allow);
    assert_eq!(denied.status.code(), Some(4), "{denied:?}");
    home.answers(ALWAYS);
    home.fob(&allow);
    let asked = home.asked();
    assert_eq!(
        (asked.len(), &asked[1]["what"]["for"], &asked[1]["asker"]["tier"]),
        (2, &"allow".into(), &"companion".into())
    );
    let listed = home.json("client list");
    let own = |listed: &Value| {
        let mine = listed["clients"].as_array().unwrap().iter().filter(|client| client["listed_by"] == "person");
        mine.cloned().collect::<Vec<_>>()
    };
    assert_eq!(own(&listed)[0]["id"], program.to_str().unwrap());

    // Asked once, then remembered until it is taken back.
    home.answers(UNTIL_LOCK);
    let code = || home.run(&program, "otp code example --raw");
    for asked in [1, 0] {
        let given = code();
        assert!(given.status.success(), "{given:?} {:?}", home.asked());
        assert_eq!(home.asked().len(), asked);
    }
    let grants = home.json("grant list --program stranger");
    let grant = &grants["grants"][0];
    assert_eq!(
        (&grant["kind"], &grant["lasts"], &grant["label"]),
        (&"code".into(), &"until-lock".into(), &"Example:ada".into())
    );
    home.answers(NO);
    let id = grant["id"].as_str().unwrap();
    assert_eq!(home.json(&format!("grant revoke {}", &id[..8]))["revoked"], 1);
    assert_eq!(home.json("grant list")["grants"].as_array().map(Vec::len), Some(0));
    let refused = code();
    assert_eq!((refused.status.code(), home.asked().len()), (Some(4), 1), "{refused:?}");

    // Locked, nobody learns of any of it.
    home.fob("lock");
    for line in ["grant list", "client list", "log"] {
        let locked = home.run(&home.programs.join("fob"), line);
        assert_eq!((locked.status.code(), locked.stdout.is_empty()), (Some(3), true), "{line}: {locked:?}");
    }
    home.with_secret("unlock --passphrase-fd", PASSPHRASE);
    home.fob(&format!("client forget {}", program.display()));
    assert!(own(&home.json("client list")).is_empty());
    let log = home.json("log --since 1h");
    let of_it: Vec<(&str, &str)> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["program"] == program.to_str().unwrap() && entry["kind"] == "code")
        .map(|entry| (entry["result"].as_str().unwrap(), entry["why"].as_str().unwrap()))
        .collect();
    assert_eq!(of_it[..2], [("given", "asked"), ("given", "granted")], "{log}");
    assert_eq!(of_it[2].0, "refused", "{log}");
    assert!(!log.to_string().contains("JBSWY3DPEHPK3PXP"));
}

#[test]
fn a_token_is_made_once_the_person_agrees() {
    let home = Home::build();
    let file = home.house.home().join("token");
    let pair = format!(
        "client pair signin --scope webauthn:http://localhost:8080 --scope otp:read:example --token-file {}",
        file.display()
    );
    let denied = home.run(&home.programs.join("fob"), &pair);
    assert_eq!((denied.status.code(), file.exists()), (Some(4), false), "{denied:?}");
    home.answers(ALWAYS);
    let paired = home.json(&pair);
    let token = fs::read_to_string(&file).unwrap();
    assert!(token.starts_with("fob1_") && token.trim().len() == 48, "{} characters", token.len());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(paired["token"].is_null());
    let asked = home.asked();
    assert_eq!(asked[1]["what"]["for"], "pair", "{asked:?}");
    let listed = home.json("client list");
    let client = listed["clients"].as_array().unwrap().iter().find(|client| client["tier"] == "paired").unwrap();
    assert_eq!(client["name"], "signin");
    let id = client["id"].as_str().unwrap();
    home.fob(&format!("client forget {id}"));
    let listed = home.json("client list");
    assert!(!listed.to_string().contains(id), "{listed}");
    let nonsense = home.run(&home.programs.join("fob"), "client pair x --scope everything");
    assert_eq!(nonsense.status.code(), Some(1), "{nonsense:?}");
}
