//! `fob install-user`.

use clap::Args;

/// `fob install-user`.
#[derive(Debug, Args)]
pub struct InstallUser {
    /// Say what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take away what fob has put there, and nothing else; vault and settings stay
    #[arg(long)]
    pub remove: bool,
    /// Go on although a package has installed fob for everybody
    #[arg(long, conflicts_with = "remove")]
    pub force: bool,
    /// Print the udev rule that old systems need, and do nothing
    #[arg(long, conflicts_with_all = ["remove", "force", "dry_run"])]
    pub udev_rule: bool,
}
