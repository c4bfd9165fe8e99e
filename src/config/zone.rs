//! Time zones by name, from the system's own files.
//!
//! The database of `jiff` lists every zone of the system before it gives the first, which takes a good part of the time
//! until the first frame stands (product P1). One zone is one small file, so that is read at once; whatever is not found
//! that way is asked of the database.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

/// Where the system keeps its zones: the first place that `jiff` looks at, too.
const ZONES: &str = "/usr/share/zoneinfo";
/// The link to the system's zone.
const LOCAL: &str = "/etc/localtime";

/// The zone of an IANA name.
pub fn get(name: &str) -> Option<TimeZone> {
    read(Path::new(ZONES), name).or_else(|| TimeZone::get(name).ok())
}

/// The zone that the system is set to.
pub fn system() -> TimeZone {
    // TZ has a language of its own.
    if std::env::var_os("TZ").is_some_and(|zone| !zone.is_empty()) {
        return TimeZone::system();
    }
    local(Path::new(LOCAL), Path::new(ZONES)).unwrap_or_else(TimeZone::system)
}

/// The zone that a link points to, by its name.
fn local(link: &Path, zones: &Path) -> Option<TimeZone> {
    let target = fs::read_link(link).ok()?;
    read(zones, target.strip_prefix(zones).ok()?.to_str()?)
}

/// Reads the file of a zone whose name is spelt as the file's.
fn read(zones: &Path, name: &str) -> Option<TimeZone> {
    // A name, and no way to other files.
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "+-_".contains(c));
    if !name.split('/').all(plain) {
        return None;
    }
    TimeZone::tzif(name, &fs::read(zones.join(name)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_zone_is_what_the_database_says_it_is() {
        for name in ["Europe/Oslo", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"] {
            let (ours, theirs) = (get(name).unwrap(), TimeZone::get(name).unwrap());
            assert_eq!(ours.iana_name(), theirs.iana_name());
            for second in [0, 1_719_792_000, 1_735_689_600] {
                let at = Timestamp::from_second(second).unwrap();
                assert_eq!(ours.to_offset(at), theirs.to_offset(at), "{name}");
            }
        }
        assert_eq!(get("europe/oslo").unwrap().iana_name(), TimeZone::get("Europe/Oslo").unwrap().iana_name());
    }

    #[test]
    fn a_name_is_no_path() {
        let folder = tempfile::tempdir().unwrap();
        let zones = folder.path().join("zones");
        fs::create_dir(&zones).unwrap();
        fs::write(folder.path().join("secret"), "TZif").unwrap();
        for name in ["../secret", "/etc/passwd", "", "a//b", "Europe/../../secret"] {
            assert!(read(&zones, name).is_none(), "{name}");
        }
        assert!(get("Nowhere/At_All").is_none());
    }

    #[test]
    #[cfg(unix)]
    fn the_system_s_zone_is_where_the_link_points() {
        let folder = tempfile::tempdir().unwrap();
        let zones = folder.path().join("zones");
        fs::create_dir_all(zones.join("Europe")).unwrap();
        let Ok(oslo) = fs::read(Path::new(ZONES).join("Europe/Oslo")) else { return }; // a system without zones
        fs::write(zones.join("Europe/Oslo"), oslo).unwrap();
        let link = folder.path().join("localtime");
        std::os::unix::fs::symlink(zones.join("Europe/Oslo"), &link).unwrap();
        assert_eq!(local(&link, &zones).unwrap().iana_name(), Some("Europe/Oslo"));
        fs::remove_file(&link).unwrap();
        assert!(local(&link, &zones).is_none());
    }
}
