//! Chromium without a window, driven as a person would: by what the page shows, and by its keyboard.

use std::cell::RefCell;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use solana_keypair::Keypair;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::{ParseError, Url};
use wayfare_tests::checkout;

use crate::service::Service;

/// How many browsers run at once, whatever runs the tests: each takes most of a core.
const BROWSERS: usize = 2;

/// How long a person waits for something to show before calling it broken.
pub const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(50);

/// The Tab key and the Enter key of WebDriver.
pub const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';
pub const SPACE: char = ' ';

/// Nothing of it leaves the machine.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1280,1000",
    // Nothing moves while its picture is taken.
    "--force-prefers-reduced-motion",
];

pub struct Browser {
    /// Until it is closed.
    client: Option<Client>,
    /// What puts the wallets into pages.
    wallets: RefCell<Option<Value>>,
    runtime: Runtime,
    _driver: Service,
    /// Chromium's profile.
    _profile: TempDir,
    _turn: File,
}

/// A command of the Chrome DevTools Protocol.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.0, "params": self.1 });
        (http::Method::POST, Some(body.to_string()))
    }
}

/// What the browser's console has said since the last time.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/se/log"))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "type": "browser" });
        (http::Method::POST, Some(body.to_string()))
    }
}

impl Browser {
    /// A new browser with nothing in it, once it is its turn.
    pub fn open() -> Self {
        let turn = take_turn();
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        // Its temporary files, and the browser's, go with the profile.
        command.arg("--port=0").env("TMPDIR", profile.path());
        let log = File::create(profile.path().join("chromedriver.log")).unwrap();
        let mut driver = Service::start(&command, Stdio::from(log));
        let mut said = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver did not start");
        // It must always find somebody to listen.
        std::thread::spawn(move || said.for_each(drop));

        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let data = format!("--user-data-dir={}", profile.path().join("data").display());
        let arguments: Vec<&str> = ARGUMENTS.iter().copied().chain([data.as_str()]).collect();
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 60_000, "pageLoad": 60_000 },
        });
        let capabilities: Map<String, Value> = serde_json::from_value(capabilities).unwrap();
        let client = runtime
            .block_on(
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&format!("http://127.0.0.1:{port}")),
            )
            .unwrap();
        Self {
            client: Some(client),
            wallets: RefCell::default(),
            runtime,
            _driver: driver,
            _profile: profile,
            _turn: turn,
        }
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    #[track_caller]
    fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        let command = DevTools(command, parameters);
        self.runtime
            .block_on(self.client().issue_cmd(command))
            .unwrap()
    }

    /// Runs this in every page from now on, before the page's own scripts.
    #[track_caller]
    pub fn before_each_page(&self, script: &str) -> Value {
        let script = json!({ "source": script });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", script)
    }

    /// Not any more.
    #[track_caller]
    pub fn never_mind(&self, script: Value) {
        self.devtools("Page.removeScriptToEvaluateOnNewDocument", script);
    }

    /// Has these wallets from the next page on, and no others: `wallet.js` says what they can be.
    #[track_caller]
    pub fn has_wallets(&self, wallets: &[Value]) {
        const WALLET: &str = include_str!("wallet.js");
        let list = json!(wallets);
        // A single one is not in a list, so that a test can say `__testWallet.decline = true`.
        let list = wallets
            .first()
            .filter(|_| wallets.len() == 1)
            .unwrap_or(&list);
        let script = format!("window.__testWallet = {list};\n{WALLET}");
        let added = self.before_each_page(&script);
        if let Some(old) = self.wallets.replace(Some(added)) {
            self.never_mind(old);
        }
    }

    /// How often the page asked its wallets for something, such as `signMessage`.
    #[track_caller]
    pub fn asked(&self, what: &str) -> u64 {
        let asked = self.run(
            "return window.__testWalletLog[arguments[0]]",
            vec![json!(what)],
        );
        asked.as_u64().unwrap()
    }

    /// Lets pages read and write the clipboard, as a person would who is asked.
    pub fn grant_clipboard(&self) {
        let permissions =
            json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        self.devtools("Browser.grantPermissions", permissions);
    }

    /// Keeps what pages offer as files in a folder.
    pub fn keep_downloads(&self, folder: &str) {
        let keep = json!({ "behavior": "allow", "downloadPath": folder });
        self.devtools("Browser.setDownloadBehavior", keep);
    }

    /// A window as wide as this, of pixels as the screen's, in light colours or dark ones.
    pub fn resize(&self, width: u32, scheme: &str) {
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    #[track_caller]
    pub fn go(&self, url: &str) {
        self.runtime.block_on(self.client().goto(url)).unwrap();
    }

    #[track_caller]
    pub fn reload(&self) {
        self.runtime.block_on(self.client().refresh()).unwrap();
    }

    #[track_caller]
    pub fn url(&self) -> String {
        let url = self.runtime.block_on(self.client().current_url());
        url.unwrap().to_string()
    }

    /// Runs a script's body in the page, and gives what it returns.
    #[track_caller]
    pub fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client().execute(script, arguments))
            .unwrap()
    }

    /// The same with one that calls its last argument when it is done.
    #[track_caller]
    pub fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client().execute_async(script, arguments))
            .unwrap()
    }

    /// All that the page shows as text.
    #[track_caller]
    pub fn text(&self) -> String {
        let script = "return document.body?.innerText ?? ''";
        let text = self.runtime.block_on(self.client().execute(script, vec![]));
        // Between two pages there is none.
        let text = text.unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Looks again and again until there is something, and gives it.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "not in {PATIENCE:?}: {what}; {} shows:\n{}",
                self.url(),
                self.text()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Waits until the page shows a text. Upper and lower case are alike, as styles may change them.
    #[track_caller]
    pub fn sees(&self, text: &str) {
        let wanted = text.to_lowercase();
        self.until(&format!("the text {text:?}"), |browser| {
            browser
                .text()
                .to_lowercase()
                .contains(&wanted)
                .then_some(())
        });
    }

    /// That the page does not show a text now.
    #[track_caller]
    pub fn sees_no(&self, unwanted: &str) {
        let text = self.text();
        assert!(
            !text.to_lowercase().contains(&unwanted.to_lowercase()),
            "{unwanted:?} in:\n{text}"
        );
    }

    /// What a selector finds that is shown.
    fn shown(&self, locator: Locator<'_>) -> Vec<Element> {
        let find = async {
            let mut shown = vec![];
            for element in self.client().find_all(locator).await? {
                if element.is_displayed().await? {
                    shown.push(element);
                }
            }
            Ok::<_, CmdError>(shown)
        };
        // The page may change in between: then there is nothing yet.
        self.runtime.block_on(find).unwrap_or_default()
    }

    pub fn has(&self, css: &str) -> bool {
        !self.shown(Locator::Css(css)).is_empty()
    }

    /// Does something with the first that a CSS selector finds, again where the page changed at that moment.
    #[track_caller]
    fn with<T>(&self, css: &str, work: impl AsyncFn(&Element) -> Result<T, CmdError>) -> T {
        self.until(&format!("an element {css} to work with"), |browser| {
            let element = browser.shown(Locator::Css(css)).into_iter().next()?;
            browser.runtime.block_on(work(&element)).ok()
        })
    }

    /// The attribute of the first that a CSS selector finds.
    #[track_caller]
    pub fn attribute(&self, css: &str, name: &str) -> String {
        let value = self.with(css, async |element| element.attr(name).await);
        value.unwrap_or_else(|| panic!("{css} has no {name}"))
    }

    /// What an element shows, or holds if it is a field.
    #[track_caller]
    pub fn text_of(&self, css: &str) -> String {
        self.with(css, async |element| match element.prop("value").await? {
            Some(value) if !value.is_empty() => Ok(value),
            _ => element.text().await,
        })
    }

    /// The buttons and links that are called this and can be pressed.
    fn called(&self, name: &str) -> Vec<Element> {
        let xpath = format!(
            "//*[self::button or self::a or self::summary][not(@disabled)][contains(normalize-space(.), \"{name}\")]"
        );
        self.shown(Locator::XPath(&xpath))
    }

    /// Whether there is a button or link of that name that can be pressed now.
    pub fn offers(&self, name: &str) -> bool {
        !self.called(name).is_empty()
    }

    /// Waits for a button or link of that name.
    #[track_caller]
    pub fn sees_offer(&self, name: &str) {
        self.until(&format!("a button or link {name:?}"), |browser| {
            browser.offers(name).then_some(())
        });
    }

    /// Presses the button or follows the link of that name, once it is there.
    #[track_caller]
    pub fn click(&self, name: &str) {
        self.until(&format!("a button or link {name:?}"), |browser| {
            let element = browser.called(name).into_iter().next()?;
            // It may be moving, or be replaced at this moment.
            browser.runtime.block_on(element.click()).ok()
        });
    }

    #[track_caller]
    pub fn click_on(&self, css: &str) {
        self.with(css, async |element| element.click().await);
    }

    /// Types into a field in the place of what is there.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        self.with(css, async |element| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    /// Chooses a file for a field that takes one.
    #[track_caller]
    pub fn choose_file(&self, css: &str, path: &str) {
        self.with(css, async |element| element.send_keys(path).await);
    }

    #[track_caller]
    pub fn select(&self, css: &str, value: &str) {
        self.with(css, async |element| element.select_by_value(value).await);
    }

    /// Presses a key of the keyboard and lets it go, wherever the focus is.
    #[track_caller]
    pub fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.runtime
            .block_on(self.client().perform_actions(keys))
            .unwrap();
    }

    /// What has the focus, by the name that a screen reader says.
    #[track_caller]
    pub fn focus(&self) -> String {
        let name = "const at = document.activeElement; if (!at || at === document.body) return '';
            const labels = [...(at.labels ?? [])].map((label) => label.innerText).join(' ');
            return (at.getAttribute('aria-label') || labels || at.innerText || at.id || at.tagName).trim();";
        self.run(name, vec![])
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Goes on by the Tab key until the focus is on what is called this.
    #[track_caller]
    pub fn tab_to(&self, name: &str) {
        let mut passed = vec![];
        for _ in 0..60 {
            let focus = self.focus();
            if focus.contains(name) {
                return;
            }
            passed.push(focus);
            self.press(TAB);
        }
        panic!("the Tab key does not reach {name:?}, only {passed:?}");
    }

    /// A picture of an element, as it is on the screen once it is scrolled to.
    #[track_caller]
    pub fn picture_of(&self, css: &str) -> Vec<u8> {
        let scroll = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.with(css, async |element| {
            self.client().execute(scroll, vec![json!(css)]).await?;
            element.screenshot().await
        })
    }

    /// A picture of the whole page, in `target/screenshots`.
    #[track_caller]
    pub fn screenshot(&self, name: &str) {
        // News stand at the edge of the window for some seconds, which on a picture of the whole page is anywhere.
        let settled = "delete document.getElementById('status')?.dataset.isNew";
        self.run(settled, vec![]);
        let whole = json!({ "captureBeyondViewport": true });
        let shot = self.devtools("Page.captureScreenshot", whole);
        let bytes = base64(shot["data"].as_str().unwrap());
        keep(name, &bytes);
    }

    /// What scripts complained about since the last time: exceptions that nobody caught, and what the page's
    /// Content-Security-Policy forbade. A request that was refused is no complaint.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.runtime.block_on(self.client().issue_cmd(Console));
        let log = log.unwrap();
        let entries = log.as_array().into_iter().flatten();
        entries
            .filter(|entry| entry["level"] == "SEVERE" && entry["source"] != "network")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// A second tab beside this one, which is closed: what it held in memory is gone.
    #[track_caller]
    pub fn close_tab(&self) {
        let change = async {
            let new = self.client().new_window(true).await?;
            self.client().close_window().await?;
            self.client().switch_to_window(new.handle).await
        };
        self.runtime.block_on(change).unwrap();
    }
}

/// A wallet of a key, that differs from an ordinary one in this.
pub fn wallet(key: &Keypair, more: Value) -> Value {
    let mut wallet = json!({ "secret": key.to_bytes()[..32].to_vec() });
    let more = more.as_object().unwrap().clone();
    wallet.as_object_mut().unwrap().extend(more);
    wallet
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.decode(text).unwrap()
}

fn keep(name: &str, png: &[u8]) {
    let dir = checkout("target/screenshots");
    fs::create_dir_all(&dir).unwrap();
    let mut file = File::create(dir.join(format!("{name}.png"))).unwrap();
    file.write_all(png).unwrap();
}

/// Waits until fewer than [`BROWSERS`] are open, on this checkout.
fn take_turn() -> File {
    let dir = checkout("target/tmp");
    fs::create_dir_all(&dir).unwrap();
    loop {
        for number in 0..BROWSERS {
            let path = dir.join(format!("browser-{number}.lock"));
            let file = File::create(path).unwrap();
            match file.try_lock() {
                Ok(()) => return file,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => panic!("{error}"),
            }
        }
        std::thread::sleep(POLL);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        if std::thread::panicking() {
            // What was on the screen is the best explanation.
            if let Ok(png) = self.runtime.block_on(client.screenshot()) {
                let test = std::thread::current();
                let name = test.name().unwrap_or("test").replace("::", "-");
                keep(&format!("failed-{name}"), &png);
            }
        }
        let closed = async { tokio::time::timeout(Duration::from_secs(10), client.close()).await };
        let _ = self.runtime.block_on(closed);
    }
}
