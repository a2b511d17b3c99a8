//! docs/ci.md: what stands there runs. Snippets are taken from the page and run as they are; only paths are put in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fob_ambient::{Millis, SeededRng};
use fob_authenticator::{Authenticator, Parts, RamStore, RepeatableSigner};
use fob_ctap::Strictness;
use fob_ctap::hid::{ChannelId, HidMessage, Report};
use fob_softkey::{Key, Output};
use fob_softkey_control::{Client, Event, Op, Touch, Watch};
use fob_tests::program::built;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ci.md")).unwrap()
}

/// The snippets of this language, in the page's order.
fn snippets(language: &str) -> Vec<String> {
    let page = page();
    let opening = format!("\n```{language}\n");
    let found = page.split(opening.as_str()).skip(1);
    found.map(|rest| rest.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// Where `fob-softkey` can be found by its name.
fn path_variable() -> String {
    format!("{}:{}", built("fob-softkey").unwrap().parent().unwrap().display(), std::env::var("PATH").unwrap())
}

fn passes(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{said}");
    said
}

/// Runs lines of a shell in this folder, then ends what they left running.
fn shell(folder: &Path, lines: &str) -> String {
    let lines = format!("set -eu\ntrap 'kill $!' EXIT\n{lines}\ntest -S key && test -S key.ctl && echo both sockets\n");
    let mut bash = Command::new("timeout");
    bash.args(["30", "bash", "-c", &lines]).current_dir(folder).env("PATH", path_variable());
    passes(bash.env("RUNNER_TEMP", folder))
}

/// What is run by these lines of YAML: list items and the lines of a block, without their indentation.
fn commands<'a>(yaml: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let lines = yaml.lines().map(|line| line.trim_start().trim_start_matches("- "));
    lines.skip_while(|line| !line.contains(from)).take_while(|line| !line.contains(to)).collect()
}

#[test]
fn the_shell_snippet_starts_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let said = shell(folder.path(), &snippets("sh")[0]);
    assert!(said.contains("both sockets"), "{said}");
}

#[test]
fn the_lines_for_github_start_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = &snippets("yaml")[0];
    let lines = commands(yaml, "./target/release/fob-softkey --socket", "pip install").join("\n");
    let said = shell(folder.path(), &lines.replace("./target/release/fob-softkey", "fob-softkey"));
    assert!(said.contains("both sockets"), "{said}");
}

#[test]
fn the_lines_for_gitlab_start_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = &snippets("yaml")[1];
    let lines = commands(yaml, "fob-softkey --socket", "pip install").join("\n");
    let said = shell(folder.path(), &lines.replace("/tmp/", &format!("{}/", folder.path().display())));
    assert!(said.contains("both sockets"), "{said}");
}

const NOBODY: u32 = 65_534;

/// As the image runs it: nobody, without a capability and without a network. Who is not root is as good as nobody.
fn as_nobody(program: &Path) -> Command {
    if !rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--ipc", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    unshare.args(["--bounding-set=-all", "--no-new-privs"]).arg(program);
    unshare
}

#[test]
fn the_containers_line_needs_neither_root_nor_network() {
    let folder = tempfile::tempdir().unwrap();
    let (program, sockets) = (folder.path().join("fob-softkey"), folder.path().join("sockets"));
    fs::copy(built("fob-softkey").unwrap(), &program).unwrap();
    fs::create_dir(&sockets).unwrap();
    if rustix::process::getuid().is_root() {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        chown(&sockets, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let dockerfile = snippets("dockerfile").remove(0);
    let entry = dockerfile.lines().find_map(|line| line.strip_prefix("ENTRYPOINT ")).unwrap();
    let entry = entry.replace("/sockets", sockets.to_str().unwrap());
    let socket = format!(r#"["", "--socket", "{}/other"]"#, sockets.display());
    for arguments in [&entry, &socket, r#"["", "--udp", "127.0.0.1:0"]"#] {
        let arguments: Vec<String> = serde_json::from_str(arguments).unwrap();
        let mut child = as_nobody(&program).args(&arguments[1..]).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "{arguments:?}: {ready:?}");
        if arguments[1] == "--stream" {
            let mut key = UnixStream::connect(sockets.join("key")).unwrap();
            assert!(touches(&mut key, Duration::from_secs(10)));
            assert_eq!(Client::connect(&sockets.join("key.ctl")).unwrap().keys().unwrap().len(), 1);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn the_pytest_snippets_pass() {
    let folder = tempfile::tempdir().unwrap();
    let [conftest, tests] = snippets("python").try_into().unwrap();
    fs::write(folder.path().join("conftest.py"), conftest).unwrap();
    fs::write(folder.path().join("test_signin.py"), tests).unwrap();
    let python = std::env::var_os("FOB_PYTHON").expect("FOB_PYTHON names a Python with tests/requirements.txt");
    let mut pytest = Command::new(python);
    pytest.args(["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(folder.path());
    let said = passes(pytest.env("FOB_SOFTKEY", built("fob-softkey").unwrap()));
    assert!(said.contains("3 passed"), "{said}");
}

/// A private key in PKCS#8, for nothing but this test: its scalar is 1, 2, 3 and so on.
const PRIVATE_KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyChRANCAARR\
    XD1uueOWuQTT_sp_VP3NDMHpl783XcpRWtCmw7QDX0U2vjpQ8xj7-aVHWQKiIVAr7w1X4IxTsswKVvF9n5NU";

#[test]
#[ignore = "FOB_PLAYWRIGHT names a node_modules with playwright-core 1.65; Debian's chromium, node 20"]
fn the_playwright_snippet_signs_in() {
    let modules = std::env::var_os("FOB_PLAYWRIGHT").expect("FOB_PLAYWRIGHT names a node_modules with playwright-core");
    let folder = tempfile::tempdir().unwrap();
    let mut softkey = Softkey::start(folder.path());
    let credential = serde_json::json!({
        "credentialId": "MTIzNDU2Nzg5MDEyMzQ1Ng",
        "rpId": "localhost",
        "privateKey": PRIVATE_KEY,
        "userHandle": "YWRh",
    });
    let import = Op::Import { credential: serde_json::from_value(credential).unwrap() };
    softkey.control.call(None, import).unwrap();
    std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).unwrap();
    fs::write(folder.path().join("page.mjs"), snippets("js").remove(0)).unwrap();
    let mut node = Command::new("node");
    node.arg("page.mjs").current_dir(folder.path()).env("SOFTKEY_CONTROL", folder.path().join("ctl"));
    let said = passes(node.env("CHROMIUM", "/usr/bin/chromium"));
    assert!(said.contains("the page signed in"), "{said}");
}

/// The page's Rust stands below, character by character.
#[test]
fn the_rust_snippets_are_these_tests() {
    let own = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ci_page.rs")).unwrap();
    let snippets = snippets("rust");
    assert_eq!(snippets.len(), 2);
    for snippet in snippets {
        assert!(own.contains(&snippet), "not in tests/tests/ci_page.rs:\n{snippet}");
    }
}

/// Where `fob-softkey` is.
fn program() -> PathBuf {
    built("fob-softkey").unwrap()
}

/// The program under test: asks for a touch and says whether there was one.
fn touches(key: &mut UnixStream, patience: Duration) -> bool {
    key.set_read_timeout(Some(patience)).unwrap();
    let mut exchange = |channel: [u8; 4], command: u8, data: &[u8]| {
        let mut report: Report = [0; 64];
        report[..4].copy_from_slice(&channel);
        report[4] = 0x80 | command;
        report[6] = u8::try_from(data.len()).unwrap();
        report[7..7 + data.len()].copy_from_slice(data);
        key.write_all(&report).unwrap();
        loop {
            key.read_exact(&mut report).unwrap();
            // Not a keepalive.
            if report[4] == 0x80 | command {
                return report;
            }
        }
    };
    let init = exchange([0xff; 4], 0x06, &[7; 8]);
    exchange(init[15..19].try_into().unwrap(), 0x10, &[0x0b])[7] == 0
}

/// `fob-softkey` with its control channel; killed when the test is over.
struct Softkey {
    process: Child,
    key: PathBuf,
    control: Client,
}

impl Softkey {
    fn start(folder: &Path) -> Self {
        let (key, control) = (folder.join("key"), folder.join("ctl"));
        let mut command = Command::new(program());
        command.arg("--stream").arg(&key).arg("--control").arg(&control);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "it ended: {ready:?}");
        let control = Client::connect(&control).unwrap();
        Self { process, key, control }
    }
}

impl Drop for Softkey {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_program_waits_for_the_finger() {
    let folder = tempfile::tempdir().unwrap();
    let mut softkey = Softkey::start(folder.path());
    softkey.control.presence(None, &[Touch::Hold {}]).unwrap();
    softkey.control.watch(&[Watch::Touch]).unwrap();
    let mut key = UnixStream::connect(&softkey.key).unwrap();
    let program = thread::spawn(move || touches(&mut key, Duration::from_secs(40)));
    let wanted = softkey.control.event(Duration::from_secs(10)).unwrap();
    assert!(matches!(wanted, Some(Event::TouchWanted { .. })));
    assert!(!program.is_finished());
    softkey.control.call(None, Op::Touch {}).unwrap();
    assert!(program.join().unwrap());
}

#[test]
fn a_key_without_a_process() {
    let parts = Parts {
        store: Box::new(RamStore),
        rng: Box::new(SeededRng::new(1)),
        signer: Box::new(RepeatableSigner),
        strictness: Strictness::Canonical,
    };
    let mut key = Key::new(Authenticator::power_up(parts, Millis(0)).unwrap());
    let init = HidMessage::init(ChannelId::BROADCAST, [7; 8]).reports().next().unwrap();
    let outputs = key.on_report(&init, Millis(10));
    let [Output::Send(reply)] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(reply[7..15], [7; 8]);
}
