//! The whole console in-process: keys in, screens out, on simulated clusters and in simulated time.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use quorate::demo::{Demo, Faults, Layout, Options};
use quorate::runtime::{Clock, Launch, ThemeChoice, run_on};
use quorate::theme::Depth;
use quorate::ui::Look;
use quorate::{keymap, theme, ui, watch};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A terminal that the console draws on while the test looks at it.
#[derive(Clone)]
struct Shared {
    screen: Arc<Mutex<TestBackend>>,
    drawn: Arc<Notify>,
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut TestBackend) -> T) -> T {
        work(&mut self.screen.lock().expect("no drawing panicked"))
    }
}

type Drawn<T> = Result<T, <TestBackend as Backend>::Error>;

impl Backend for Shared {
    type Error = <TestBackend as Backend>::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Drawn<()> {
        self.with(|screen| screen.draw(content))
    }

    fn hide_cursor(&mut self) -> Drawn<()> {
        self.with(Backend::hide_cursor)
    }

    fn show_cursor(&mut self) -> Drawn<()> {
        self.with(Backend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> Drawn<Position> {
        self.with(Backend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Drawn<()> {
        self.with(|screen| screen.set_cursor_position(position))
    }

    fn clear(&mut self) -> Drawn<()> {
        self.with(Backend::clear)
    }

    fn clear_region(&mut self, region: ClearType) -> Drawn<()> {
        self.with(|screen| screen.clear_region(region))
    }

    fn size(&self) -> Drawn<Size> {
        self.with(|screen| screen.size())
    }

    fn window_size(&mut self) -> Drawn<WindowSize> {
        self.with(Backend::window_size)
    }

    fn flush(&mut self) -> Drawn<()> {
        self.with(Backend::flush)?;
        self.drawn.notify_one();
        Ok(())
    }
}

/// A running console.
struct Console {
    shared: Shared,
    keys: UnboundedSender<io::Result<Event>>,
    end: Option<oneshot::Sender<()>>,
    running: JoinHandle<color_eyre::Result<()>>,
}

impl Console {
    fn start(options: &Options, size: (u16, u16)) -> Self {
        let began = Instant::now();
        let epoch: Timestamp = "2026-11-22T11:36:00Z".parse().expect("a time");
        let clock: Clock = Arc::new(move || epoch + began.elapsed());
        let demo = Demo::new(options, Arc::clone(&clock));
        let launch = Launch {
            inventory: demo.inventory(),
            transport: Arc::new(demo),
            watch: watch::Settings::default(),
            look: Look::new(
                theme::load("dark", None).expect("built in"),
                keymap::load("default", None).expect("built in"),
                ui::UNICODE,
                TimeZone::UTC,
            ),
            theme: ThemeChoice::Asked,
            depth: Depth::True,
            themes: theme::built_in_names().map(str::to_owned).collect(),
            theme_dir: None,
            notices: Vec::new(),
            clock,
        };
        let shared = Shared {
            screen: Arc::new(Mutex::new(TestBackend::new(size.0, size.1))),
            drawn: Arc::new(Notify::new()),
        };
        let (keys, input) = unbounded();
        let (end, ended) = oneshot::channel::<()>();
        let backend = shared.clone();
        let running = tokio::spawn(async move {
            let mut terminal = Terminal::new(backend)?;
            let ended = async move {
                // Dropped or sent: either ends it.
                let _either = ended.await;
            };
            run_on(launch, &mut terminal, input, ended, || Ok(())).await
        });
        Self { shared, keys, end: Some(end), running }
    }

    fn demo(faults: Faults, size: (u16, u16)) -> Self {
        let options = Options { layout: Layout::Segregated, clusters: None, seed: 7, faults };
        Self::start(&options, size)
    }

    fn send(&self, event: Event) {
        self.keys.unbounded_send(Ok(event)).expect("the console runs");
    }

    /// Types keys: characters, or names such as `enter`, `esc` and `ctrl-r` one at a time.
    fn press(&self, keys: &str) -> &Self {
        let key = |code| self.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        match keys {
            "enter" => key(KeyCode::Enter),
            "esc" => key(KeyCode::Esc),
            "tab" => key(KeyCode::Tab),
            "down" => key(KeyCode::Down),
            letters => letters.chars().for_each(|letter| key(KeyCode::Char(letter))),
        }
        self
    }

    fn text(&self) -> String {
        self.shared.with(|screen| screen.to_string())
    }

    /// Waits until the screen holds the words; fails with the screen after a minute of simulated time.
    async fn shows(&self, words: &str) -> &Self {
        self.until(words, |screen| screen.contains(words)).await
    }

    async fn shows_no_more(&self, words: &str) -> &Self {
        self.until(words, |screen| !screen.contains(words)).await
    }

    async fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> &Self {
        let seen = tokio::time::timeout(Duration::from_secs(60), async {
            while !holds(&self.text()) {
                self.shared.drawn.notified().await;
            }
        });
        assert!(seen.await.is_ok(), "waited in vain for {what:?}:\n{}", self.text());
        self
    }

    async fn ends(self) {
        tokio::time::timeout(Duration::from_secs(10), self.running)
            .await
            .expect("it ends in time")
            .expect("it does not panic")
            .expect("it ends well");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_deployment_is_quiet() {
    let console = Console::demo(Faults::None, (160, 45));
    console.shows("every cluster is healthy").await;
    console.shows("● 17").await.press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn trouble_is_on_the_first_line_and_leads_inside() {
    let console = Console::demo(Faults::Lively, (160, 45));
    console.shows("✖ 1").await.press("n").press("enter").shows("findings ─").await;
    console.shows("resources ─").await.press("esc").shows("core ─").await.press("q");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_while_it_is_typed() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press("/heat3").shows("1 of 17 shown").await;
    assert!(!console.text().contains("glance"));
    console.press("enter").shows("“heat3” 1 shown").await.press("esc").shows("glance").await;
    console.press("/nothing-like-it").shows("None of 17 clusters matches").await;
    console.press("esc").shows("glance").await;
}

#[tokio::test(start_paused = true)]
async fn inside_a_cluster_every_screen_has_a_key() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await;
    console.press("2").shows("RESOURCE").await.press("3").shows("never on").await;
    console
        .press("4")
        .shows("No failure is recorded.")
        .await
        .press("5")
        .shows("Nobody has been fenced")
        .await;
    console.press("7").shows("The cluster knows no ticket.").await;
    console.press("1").shows("resources ─").await.press("esc").shows("WORST FINDING").await;
}

#[tokio::test(start_paused = true)]
async fn a_filter_inside_a_cluster_narrows_its_pane_and_goes_first() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-m");
    console.shows("1 shown").await.press("enter").shows_no_more("vip-db").await;
    assert!(console.text().contains("vip-mq"));
    console.press("esc").shows("vip-db").await.press("esc").shows("WORST FINDING").await;
}

#[tokio::test(start_paused = true)]
async fn one_key_says_why_and_another_all_that_is_known() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":lb").press("enter").shows("nodes ─").await.press("2/vip-mq");
    console.press("enter").press("y").shows("Why does vip-mq run on lb").await.shows("node by node").await;
    console.press("esc").shows_no_more("node by node").await;
    console.press("enter").shows("ocf:heartbeat:IPaddr2").await.press("y").shows("Why does vip-mq").await;
}

#[tokio::test(start_paused = true)]
async fn a_table_over_all_clusters_leads_to_the_row_and_back() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":resources").press("enter").shows("resources of 17 clusters").await;
    console.press("/vip-nova").shows("1 shown").await.press("enter").press("enter").shows("lb ·").await;
    let is_selected = |screen: &str| screen.lines().any(|line| line.contains("▌● vip-nova"));
    console.until("the row is selected", is_selected).await;
    console.press("esc").shows("“vip-nova” 1 shown").await.press("esc").shows("rabbitmq-clone").await;
    console.press("esc").shows("WORST FINDING").await.press("gn").shows("nodes of 17 clusters").await;
    console.press("sb").shows("by CLUSTER, reversed").await;
}

#[tokio::test(start_paused = true)]
async fn the_command_line_completes_and_explains() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":them").shows("theme").await.press("tab").shows(":theme").await;
    console.press("esc").press(":theme nrod").press("enter").shows("did you mean nord?").await;
    console.press(":theme nord").press("enter").shows("theme: nord").await;
    console.press(":keystone").press("enter").shows("nodes ─").await;
    console.press(":quit").press("enter");
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn help_shows_the_keys_of_the_keymap() {
    let console = Console::demo(Faults::None, (100, 50));
    console.shows("● 17").await.press("?").shows("Keys in the grid").await.shows("toggle-sort").await;
    console.press("esc").shows_no_more("Keys in the grid").await.press("s").shows("worst first").await;
}

#[tokio::test(start_paused = true)]
async fn the_mouse_selects_and_opens() {
    let console = Console::demo(Faults::None, (100, 30));
    console.shows("● 17").await.press(":layout list").press("enter").shows("WORST FINDING").await;
    let row =
        console.text().lines().position(|line| line.contains("glance")).expect("glance is shown") as u16;
    let press = || {
        console.send(Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 6,
            row,
            modifiers: KeyModifiers::NONE,
        }));
    };
    press();
    console
        .until("glance is selected", |screen| {
            screen.lines().any(|line| line.contains('▌') && line.contains("glance"))
        })
        .await;
    press();
    console.shows("nodes ─").await;
}

#[tokio::test(start_paused = true)]
async fn a_resize_is_followed() {
    let console = Console::demo(Faults::None, (160, 45));
    console.shows("● 17").await;
    console.shared.with(|screen| screen.resize(60, 20));
    console.send(Event::Resize(60, 20));
    console.shows("WORST FINDING").await;
    console.shared.with(|screen| screen.resize(20, 5));
    console.send(Event::Resize(20, 5));
    console.shows("small: wants 40x10").await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_input_and_a_signal_end_it() {
    let mut console = Console::demo(Faults::None, (80, 24));
    console.shows("● 17").await;
    console.end.take().expect("not ended yet").send(()).expect("the console listens");
    console.ends().await;

    let console = Console::demo(Faults::None, (80, 24));
    console.shows("● 17").await;
    console.keys.close_channel();
    console.ends().await;
}

#[tokio::test(start_paused = true)]
async fn two_hundred_clusters_are_all_there() {
    let options = Options { layout: Layout::Segregated, clusters: Some(200), seed: 1, faults: Faults::None };
    let console = Console::start(&options, (300, 100));
    console.shows("● 200").await;
}

#[tokio::test(start_paused = true)]
async fn a_single_cluster_is_open_from_the_start() {
    let options = Options { layout: Layout::Collapsed, clusters: None, seed: 1, faults: Faults::None };
    let console = Console::start(&options, (160, 45));
    console.shows("resources ─").await.press("esc").shows("OpenStack ─").await;
}
