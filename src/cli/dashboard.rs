//! No subcommand: the dashboard, with the worker inside.

use std::sync::Arc;

use super::hooking::Hooking;
use super::polling::Polling;
use super::syncing::Syncing;
use super::{Context, connect};
use crate::config::{Config, Theme as ThemeName};
use crate::tui::theme::Theme;
use crate::tui::{self, Look, TuiError, TuiOptions};
use crate::words::{Code, Failure, io_words};

/// Opens the dashboard.
pub(super) async fn run(context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let database = context.data_dir()?.database()?;
    // The screen stands while the rest begins. What fails is told on the terminal as it was: the screen is gone by then.
    let mut screen = tui::open(look(&config, false)).map_err(told)?;
    let open = async {
        let store = connect::open(&database).await?;
        let lists = store.clone();
        // If that fails, the lists will tell.
        tokio::spawn(async move { lists.prepare_lists().await });
        let acting = connect::acting(&store, &config).await?;
        Ok::<_, Failure>((store, acting))
    };
    let waiting = "The store is still being opened: another process may keep it locked";
    let Some(opened) = screen.wait_for(open, waiting).await.map_err(told)? else { return Ok(Code::Done) };
    let (store, acting) = opened?;
    let syncing = Syncing::start(context, &config, &store).await?;
    let polling = Polling::start(&config, &store)?;
    let hooking = Hooking::start(&config, &store, &syncing).await?;
    let watching = store.clone();
    let watcher = tokio::spawn(async move { watching.watch_others().await });
    let options = TuiOptions {
        store: acting,
        status: syncing.status.clone(),
        wake: syncing.wake.clone(),
        planner: Some(syncing.planner.clone()),
        org: {
            let (config, data_dir) = (config.clone(), context.paths.data_dir.clone());
            tui::effects::org(move || connect::client(&config, &data_dir).ok())
        },
        config_file: Some(context.paths.config_file.clone()),
    };
    let shown = screen.run(options).await;
    watcher.abort();
    polling.stop().await;
    hooking.stop().await;
    syncing.stop().await;
    store.close().await;
    shown.map_err(told)?;
    Ok(Code::Done)
}

/// The screen as it is configured.
pub(super) fn look(config: &Config, demo: bool) -> Look {
    Look {
        me: config.user.email(),
        time_zone: config.user.time_zone(),
        theme: theme(config),
        demo,
        config: Arc::new(config.clone()),
    }
}

/// The configured theme, as this terminal can show it.
fn theme(config: &Config) -> Theme {
    let name = match config.ui.theme {
        ThemeName::Default => "default",
        ThemeName::Light => "light",
        ThemeName::HighContrast => "high-contrast",
        ThemeName::Monochrome => "monochrome",
    };
    let theme = Theme::for_terminal(name, |key| std::env::var(key).ok()).unwrap_or_else(Theme::monochrome);
    theme.restyled(&config.theme)
}

/// The screen's errors in words.
pub(super) fn told(error: TuiError) -> Failure {
    let what = "the dashboard cannot be shown";
    match error {
        TuiError::NotATerminal => Failure::usage(
            what,
            error.to_string(),
            "run it in a terminal; `rolodeck --help` lists the programs that need none",
        ),
        TuiError::Terminal(cause) => Failure::new(what, io_words(&cause), "try another terminal; nothing is lost"),
        TuiError::Panicked => Failure::new(
            "the dashboard ended",
            error.to_string(),
            "nothing is lost; please report it with the log (`rolodeck config path` says where it lies)",
        ),
    }
}
