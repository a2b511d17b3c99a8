//! The variables that a prompt gets: those that lead to the person's screen and language, and no others.
//!
//! What makes a program load code (`LD_*`, `GTK_MODULES`, `GTK_PATH`, `GIO_EXTRA_MODULES` …) is not among them. Where fobd
//! was started before the session, it has no display; the user's service manager, which the session tells, does.

use std::ffi::OsString;
use std::time::Duration;

use zbus::connection::Builder;
use zbus::fdo::PropertiesProxy;
use zbus::names::InterfaceName;

/// What leads to the screen. Of one source altogether: half of each would be a screen that does not exist.
const SCREEN: &[&str] =
    &["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XDG_SESSION_DESKTOP"];
/// What else is passed on.
const PLAIN: &[&str] = &[
    "AT_SPI_BUS_ADDRESS",
    "DBUS_SESSION_BUS_ADDRESS",
    "GDK_BACKEND",
    "GDK_DPI_SCALE",
    "GDK_SCALE",
    "GTK_A11Y",
    "GTK_THEME",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "USER",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];
/// Languages, one variable for each of their aspects.
const LANGUAGES: &str = "LC_";
/// What is set whatever it was. The window is drawn without code made at run time, which the unit forbids.
const FIXED: &[(&str, &str)] = &[("PATH", "/usr/bin:/bin"), ("GSK_RENDERER", "cairo")];

const MANAGER: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER_INTERFACE: &str = "org.freedesktop.systemd1.Manager";
/// How long the service manager may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the variables come from.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// Whether the session bus may be asked for what is missing.
    pub(crate) session_bus: bool,
}

impl Surroundings {
    /// What a prompt that starts now gets.
    pub(super) async fn look(&self) -> Vec<(OsString, OsString)> {
        let own: Vec<_> = std::env::vars_os().collect();
        let session = if self.session_bus && !has_screen(&own) { told_by_the_session().await } else { Vec::new() };
        passed_on(own, session)
    }
}

/// Whether a display of this machine is named. `localhost:10`, as ssh sets it, is none that may be drawn on: over TCP nobody
/// can tell who listens. The prompt looks at the rest.
fn has_screen(variables: &[(OsString, OsString)]) -> bool {
    variables.iter().any(|(name, value)| match name.to_str() {
        Some("WAYLAND_DISPLAY") => !value.is_empty(),
        Some("DISPLAY") => {
            value.to_str().is_some_and(|display| display.starts_with(':') || display.starts_with("unix:"))
        }
        _ => false,
    })
}

/// What the user's service manager would give a service.
async fn told_by_the_session() -> Vec<(OsString, OsString)> {
    let asking = async {
        let bus = Builder::session().method_timeout(PATIENCE).build().await?;
        let manager = PropertiesProxy::builder(&bus).destination(MANAGER).path(MANAGER_PATH).build().await?;
        let value = manager.get(InterfaceName::try_from(MANAGER_INTERFACE)?, "Environment").await?;
        Vec::<String>::try_from(value)
    };
    match asking.await {
        Ok(lines) => lines
            .iter()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        Err(error) => {
            tracing::debug!(%error, "the session does not tell its display");
            Vec::new()
        }
    }
}

fn passed_on(own: Vec<(OsString, OsString)>, session: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let screen = if has_screen(&own) { own.clone() } else { session };
    let is_plain = |name: &str| PLAIN.contains(&name) || name.starts_with(LANGUAGES);
    let plain = own.into_iter().filter(|(name, _)| name.to_str().is_some_and(is_plain));
    let screen = screen.into_iter().filter(|(name, _)| name.to_str().is_some_and(|name| SCREEN.contains(&name)));
    let fixed = FIXED.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    plain.chain(screen).chain(fixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Vec<(OsString, OsString)> {
        text.split_whitespace().filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect()
    }

    fn passed(own: &str, session: &str) -> String {
        let passed = passed_on(variables(own), variables(session));
        let passed = passed.iter().filter(|(name, _)| !FIXED.iter().any(|(fixed, _)| name == fixed));
        passed.map(|(name, value)| format!("{}={}", name.display(), value.display())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_what_leads_to_screen_and_language_is_passed_on() {
        let own = "HOME=/h LD_PRELOAD=/x.so GTK_MODULES=x GIO_EXTRA_MODULES=/x GTK_PATH=/x LANG=de LC_TIME=de FOB_PROMPT=/x \
                   PYTHONPATH=/x DISPLAY=:1 PATH=/evil GSK_RENDERER=vulkan SSH_AUTH_SOCK=/x";
        assert_eq!(passed(own, ""), "HOME=/h LANG=de LC_TIME=de DISPLAY=:1");
        let fixed = passed_on(variables(own), Vec::new());
        for pair in [("PATH", "/usr/bin:/bin"), ("GSK_RENDERER", "cairo")] {
            assert_eq!(fixed.iter().filter(|(name, _)| name == pair.0).count(), 1);
            assert!(fixed.contains(&(pair.0.into(), pair.1.into())), "{pair:?}");
        }
    }

    #[test]
    fn the_display_comes_from_the_session_where_fobd_has_none() {
        let session = "WAYLAND_DISPLAY=wayland-0 DISPLAY=:0 XAUTHORITY=/run/x HOME=/elsewhere LD_PRELOAD=/x.so";
        for (own, expected) in [
            ("HOME=/h", "HOME=/h WAYLAND_DISPLAY=wayland-0 DISPLAY=:0 XAUTHORITY=/run/x"),
            ("HOME=/h DISPLAY=", "HOME=/h WAYLAND_DISPLAY=wayland-0 DISPLAY=:0 XAUTHORITY=/run/x"),
            // What ssh has left behind is none.
            ("HOME=/h DISPLAY=localhost:10.0", "HOME=/h WAYLAND_DISPLAY=wayland-0 DISPLAY=:0 XAUTHORITY=/run/x"),
            // Its own is whole: nothing of another screen is mixed in.
            ("HOME=/h DISPLAY=:7", "HOME=/h DISPLAY=:7"),
        ] {
            assert_eq!(passed(own, session), expected, "{own}");
        }
    }
}
