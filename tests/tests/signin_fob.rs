//! A person without JavaScript signs in with the security key on this machine, with the real programs: signin asks fob-loopback,
//! fobd behind it asks the person and a fob-softkey. The test is the browser: it keeps cookies and fills in the forms that it is shown.
//! What signin alone does is tested beside it (`signin/tests/server/fob.rs`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use fob_tests::fob::Fob;
use fob_tests::house::{House, free_port};
use fob_tests::program::{Program, built};
use serde_json::Value;

const PASSPHRASE: &str = "a passphrase of ada lovelace";
const PASSWORD: &str = "a+password+of+ada+lovelace+1843";
const PIN: &str = "8462";
/// The person: keeps every question and the process that shows it, types the key's PIN where it is wanted, and says otherwise what
/// the test has written down; where that is nothing, the question stays on the screen.
const PROMPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
read -r question
echo $$ >shown
printf '%s\n' "$question" >>asked
case $question in
*'"for":"pin"'*) cat pin && echo '{"answer":"secret","choice":null}' >&0 ;;
*) cat answer >&0 ;;
esac
read -r over
"#;
const ONCE: &str = "{\"answer\":\"granted\",\"choice\":\"once\"}\n";
const ALWAYS: &str = "{\"answer\":\"granted\",\"choice\":\"always\"}\n";
const NO: &str = "{\"answer\":\"refused\"}\n";
const NOTHING: &str = "";

/// The desk of a person: everything runs on it.
struct Desk {
    // Dropped from top to bottom: who depends on others goes first.
    listener: Program,
    fob: PathBuf,
    fob_url: String,
    port: u16,
    house: House,
}

impl Desk {
    /// With a vault that is open, a key with a PIN, and a server that is paired for its own site.
    fn build(touch: &str) -> Self {
        let mut house = House::build().unwrap();
        let fob = house.install(&built("fob").unwrap()).unwrap();
        let bin = house.home().join("bin");
        let listener = bin.join("fob-loopback");
        fs::copy(built("fob-loopback").unwrap(), &listener).unwrap();
        let _ = fs::remove_file(bin.join("fob-prompt"));
        fs::write(bin.join("fob-prompt"), PROMPT).unwrap();
        fs::set_permissions(bin.join("fob-prompt"), PermissionsExt::from_mode(0o755)).unwrap();
        fs::write(bin.join("pin"), format!("{PIN}\n")).unwrap();
        house.start_daemon(&[]).unwrap();
        let init = house.fob().at(&fob).args("init").secret("--passphrase-fd", PASSPHRASE);
        init.receive("--recovery-fd").ok().unwrap();
        let key = house.start_softkey("key", &["--ram", "--touch", touch]).unwrap();
        house.fob().at(&fob).args("key attach").arg(key.to_string_lossy()).ok().unwrap();
        house.fob().at(&fob).args("key pin set").secret("--pin-fd", PIN).ok().unwrap();
        let fob_port = free_port().unwrap();
        let mut command = house.command(&listener);
        let mut listener = Program::start("fob-loopback", command.args(["--port", &fob_port.to_string()])).unwrap();
        listener.wait_until_it_says("fob-loopback serves").unwrap();
        let port = free_port().unwrap();
        let fob_url = format!("http://127.0.0.1:{fob_port}");
        let mut desk = Self { listener, fob, fob_url, port, house };
        desk.serve_paired_for(&format!("webauthn:{}", desk.origin()));
        desk
    }

    fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    fn token_file(&self) -> PathBuf {
        self.house.home().join("signin-fob.token")
    }

    fn fob(&self, line: &str) -> Fob<'_> {
        self.house.fob().at(&self.fob).args(line)
    }

    /// Pairs the server for this, with a person who agrees, and starts it (again) with the token.
    fn serve_paired_for(&mut self, scope: &str) {
        let file = self.token_file();
        let _ = fs::remove_file(&file);
        self.answers(ALWAYS);
        let pair = self.fob("client pair --scope").arg(scope).arg("--token-file").arg(file.to_string_lossy());
        pair.arg("Example ID").ok().unwrap();
        assert_eq!(self.asked()[0]["what"]["for"], "pair");
        let file = file.to_str().unwrap();
        let more = ["--fob-url", &self.fob_url, "--fob-token-file", file];
        self.house.start_server_at(self.port, &more).unwrap();
    }

    /// What the person says from here on.
    fn answers(&self, answer: &str) {
        fs::write(self.house.home().join("bin/answer"), answer).unwrap();
    }

    /// The questions since the last look.
    fn asked(&self) -> Vec<Value> {
        let path = self.house.home().join("bin/asked");
        let lines = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What each of them was for.
    fn asked_for(&self) -> Vec<String> {
        self.asked().iter().map(|question| question["what"]["for"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until a question is on the screen, and gives the process that shows it.
    fn question_shown(&mut self) -> PathBuf {
        let bin = self.house.home().join("bin");
        self.house.daemon().unwrap().wait_until(|| bin.join("asked").exists()).unwrap();
        PathBuf::from("/proc").join(fs::read_to_string(bin.join("shown")).unwrap().trim())
    }

    fn browser(&self) -> Browser {
        Browser { origin: self.origin(), port: self.port, cookies: Vec::new() }
    }

    /// A browser whose person has an account, is signed in, and has this key as a passkey.
    fn enrolled(&self) -> Browser {
        let mut browser = self.browser();
        browser.register();
        self.answers(ONCE);
        browser.submit("/account", "/account/passkeys/fob").leads_to("/account?done=passkey-added");
        browser
    }
}

/// A browser without JavaScript.
struct Browser {
    origin: String,
    port: u16,
    cookies: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
struct Page {
    status: u16,
    head: String,
    text: String,
}

impl Page {
    #[track_caller]
    fn leads_to(&self, place: &str) {
        assert!(self.head.contains(&format!("\r\nlocation: {place}\r\n")), "{self:?}");
    }

    #[track_caller]
    fn says(&self, status: u16, words: &str) {
        assert!(self.status == status && self.text.contains(words), "not {status} with {words:?}: {self:?}");
    }

    /// What the form that goes there hands over, with a name for what is made.
    #[track_caller]
    fn form(&self, action: &str) -> String {
        let form = self.text.split("<form ").find(|form| form.contains(&format!("action=\"{action}\"")));
        let form = form.unwrap_or_else(|| panic!("no form to {action}: {self:?}"));
        assert!(form.contains("Use the security key on this machine"), "{form}");
        let (_, mark) = form.split_once("name=\"form_token\" value=\"").unwrap();
        format!("form_token={}&name=Here", mark.split('"').next().unwrap())
    }
}

impl Browser {
    fn start(&self, line: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: localhost:{}\r\norigin: {}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n\
             cookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.port,
            self.origin,
            cookies.join("; "),
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn send(&mut self, line: &str, body: &str) -> Page {
        let mut answer = String::new();
        self.start(line, body).read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(other, _)| other != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        Page { status: head[9..12].parse().unwrap(), head: format!("{head}\r\n"), text: text.to_owned() }
    }

    fn get(&mut self, path: &str) -> Page {
        self.send(&format!("GET {path}"), "")
    }

    fn post(&mut self, path: &str, body: &str) -> Page {
        self.send(&format!("POST {path}"), body)
    }

    /// Presses the button of the form on this page that goes there.
    #[track_caller]
    fn submit(&mut self, page: &str, action: &str) -> Page {
        let form = self.get(page).form(action);
        self.post(action, &form)
    }

    fn register(&mut self) {
        self.post("/register", &format!("username=ada&password={PASSWORD}")).leads_to("/account?done=registered");
    }

    fn sign_out(&mut self) {
        self.post("/sign-out", "").leads_to("/sign-in?done=signed-out");
    }
}

#[test]
fn a_person_without_javascript_enrols_and_signs_in_with_the_key_on_this_machine() {
    let desk = Desk::build("allow");
    let mut browser = desk.enrolled();
    let asked = desk.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let (asker, what) = (&asked[0]["asker"], &asked[0]["what"]);
    assert_eq!(
        (&asker["name"], &asker["tier"], &asker["door"]),
        (&"Example ID".into(), &"paired".into(), &"loopback".into())
    );
    assert_eq!((&what["for"], &what["rp_id"], &what["user"]), (&"create".into(), &"localhost".into(), &"ada".into()));
    assert_eq!(what["origin"], desk.origin());
    assert_eq!((&asked[1]["what"]["for"], &asked[1]["want"]["secret"]), (&"pin".into(), &"pin".into()));
    assert!(browser.get("/account").text.contains("<strong>Here</strong>"));

    browser.sign_out();
    browser.submit("/sign-in", "/sign-in/passkey/fob").leads_to("/account");
    assert!(browser.get("/account").text.contains("signed in with a passkey"));
    assert_eq!(desk.asked_for(), ["sign", "pin"]);

    // The same key behind the password, for which its touch is enough; so nothing is said here about its PIN.
    browser.submit("/account", "/account/security-keys/fob").leads_to("/account?done=key-added");
    assert_eq!(desk.asked_for()[0], "create");
    browser.sign_out();
    browser.post("/sign-in", &format!("username=ada&password={PASSWORD}")).leads_to("/sign-in/second-factor");
    browser.submit("/sign-in/second-factor", "/sign-in/security-key/fob").leads_to("/account");
    assert!(browser.get("/account").text.contains("your password and a security key"));
    assert_eq!(desk.asked_for()[0], "sign");

    let log = desk.fob("log").json().unwrap();
    let entries = log["entries"].as_array().unwrap().iter();
    let of_it: Vec<_> = entries.filter(|entry| entry["tier"] == "paired" && entry["result"] == "given").collect();
    let times = |kind: &str| -> u64 {
        of_it.iter().filter(|entry| entry["kind"] == kind).map(|entry| entry["times"].as_u64().unwrap()).sum()
    };
    assert_eq!((times("create"), times("sign")), (2, 2), "{log}");
    let token = fs::read_to_string(desk.token_file()).unwrap().trim().to_owned();
    assert!(token.starts_with("fob1_"), "{} characters", token.len());
    let said = format!("{}{}{log}", desk.house.diaries(), desk.listener.diary());
    assert!(!said.contains(&token) && !said.contains("of+ada") && !said.contains("of ada"), "{said}");
}

#[test]
fn who_was_paired_for_something_else_does_not_even_get_a_question_put() {
    let mut desk = Desk::build("allow");
    desk.fob("otp add").stdin("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").ok().unwrap();
    let mut browser = desk.browser();
    browser.register();
    for scope in ["webauthn:https://elsewhere.example", "otp:read:example"] {
        desk.serve_paired_for(scope);
        desk.answers(ONCE);
        let page = browser.submit("/account", "/account/passkeys/fob");
        page.says(403, "fob gave no key: ");
        page.says(403, "it was not paired for this");
        // The page is as it was, and can be tried again.
        page.form("/account/passkeys/fob");
        let mut other = desk.browser();
        let page = other.submit("/sign-in", "/sign-in/passkey/fob");
        page.says(403, "it was not paired for this");
        page.form("/sign-in/passkey/fob");
        assert!(desk.asked().is_empty(), "{scope}");
    }
    assert!(!browser.get("/account").text.contains("<strong>Here</strong>"));
}

#[test]
fn a_locked_vault_gives_nothing_and_is_told_how_it_opens() {
    let desk = Desk::build("allow");
    let mut browser = desk.enrolled();
    browser.sign_out();
    desk.asked();
    desk.fob("lock").ok().unwrap();
    let page = browser.submit("/sign-in", "/sign-in/passkey/fob");
    page.says(403, "fob gave no key: your vault is locked; open it with `fob unlock`");
    assert!(desk.asked().is_empty());
    browser.get("/account").leads_to("/sign-in");
    // Open again, the form of the page that said so is good.
    desk.fob("unlock").secret("--passphrase-fd", PASSPHRASE).ok().unwrap();
    browser.post("/sign-in/passkey/fob", &page.form("/sign-in/passkey/fob")).leads_to("/account");
    assert_eq!(desk.asked_for(), ["sign", "pin"]);
}

#[test]
fn a_person_who_says_no_and_a_pairing_that_was_forgotten_are_told_apart() {
    let desk = Desk::build("allow");
    let mut browser = desk.enrolled();
    browser.sign_out();
    desk.asked();
    desk.answers(NO);
    browser.submit("/sign-in", "/sign-in/passkey/fob").says(403, "fob gave no key: ");
    assert_eq!(desk.asked_for(), ["sign"]);
    desk.answers(ONCE);
    desk.fob("client forget").arg("Example ID").ok().unwrap();
    browser.submit("/sign-in", "/sign-in/passkey/fob").says(502, "could not be asked");
    assert!(desk.asked().is_empty());
}

#[test]
fn a_browser_that_hangs_up_takes_the_question_along() {
    let mut desk = Desk::build("allow");
    let mut browser = desk.enrolled();
    browser.sign_out();
    desk.asked();
    desk.answers(NOTHING);
    let form = browser.get("/sign-in").form("/sign-in/passkey/fob");
    let hasty = browser.start("POST /sign-in/passkey/fob", &form);
    let shown = desk.question_shown();
    assert!(shown.exists());
    // Meanwhile nobody else's question is put.
    assert_eq!(browser.post("/sign-in/passkey/fob", &form).status, 503);
    drop(hasty);
    desk.house.daemon().unwrap().wait_until(|| !shown.exists()).unwrap();
    assert_eq!(desk.asked_for(), ["sign"], "one question, and no PIN after it");
    // Everybody on the way has let go of it.
    desk.answers(ONCE);
    browser.post("/sign-in/passkey/fob", &form).leads_to("/account");
    assert_eq!(desk.asked_for(), ["sign", "pin"]);
}

#[test]
fn a_browser_that_hangs_up_lets_the_key_stop_blinking() {
    // Nobody ever touches it.
    let mut desk = Desk::build("ask");
    let mut browser = desk.browser();
    browser.register();
    desk.answers(ONCE);
    let form = browser.get("/account").form("/account/passkeys/fob");
    let hasty = browser.start("POST /account/passkeys/fob", &form);
    desk.house.last_softkey().unwrap().wait_until_it_says("Touch the key to").unwrap();
    assert_eq!(desk.asked_for(), ["create", "pin"]);
    assert!(!desk.house.last_softkey().unwrap().diary().contains("cancelled"));
    drop(hasty);
    desk.house.last_softkey().unwrap().wait_until_it_says("cancelled").unwrap();
    assert!(!browser.get("/account").text.contains("<strong>Here</strong>"));
}
