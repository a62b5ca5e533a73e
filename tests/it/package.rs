//! The Debian package: what is in it, that it installs, and that what it installs runs.
//!
//! It is installed by the real dpkg into a copy of this machine's own root (an overlay
//! that ends with the test); `tests/run --full` installs it into a fresh Debian too.

use std::{
    collections::BTreeMap,
    os::unix::{net::UnixDatagram, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::program::{fixture, path, root};

/// Nothing here takes longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn the_package_holds_what_belongs_to_it_with_its_rights() {
    let package = Package::made();
    let list = said(Command::new("dpkg-deb").arg("--contents").arg(&package.file));
    let rights: BTreeMap<&str, String> = list
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[5].trim_start_matches('.'), format!("{} {}", words[0], words[1]))
        })
        .collect();
    for (name, wanted) in [
        ("/usr/bin/duban", "-rwxr-xr-x root/root"),
        ("/usr/lib/duban/tell-failure", "-rwxr-xr-x root/root"),
        ("/usr/lib/systemd/system/duban.service", "-rw-r--r-- root/root"),
        ("/usr/lib/systemd/system/duban-backup.service", "-rw-r--r-- root/root"),
        ("/usr/lib/systemd/system/duban-backup.timer", "-rw-r--r-- root/root"),
        ("/usr/lib/systemd/system/duban-failure@.service", "-rw-r--r-- root/root"),
        ("/etc/duban/", "drwxr-x--- root/root"),
        ("/etc/duban/duban.toml", "-rw-r----- root/root"),
        ("/etc/duban/rules.toml", "-rw-r----- root/root"),
        ("/etc/duban/roster.toml", "-rw-r----- root/root"),
        ("/etc/duban/columns/default.toml", "-rw-r----- root/root"),
        ("/usr/share/man/man1/duban.1.gz", "-rw-r--r-- root/root"),
        ("/usr/share/man/man1/duban-restore.1.gz", "-rw-r--r-- root/root"),
        ("/usr/share/bash-completion/completions/duban", "-rw-r--r-- root/root"),
        ("/usr/share/doc/duban/README.zh-CN.md", "-rw-r--r-- root/root"),
        ("/usr/share/doc/duban/examples/duban.rules.yml", "-rw-r--r-- root/root"),
    ] {
        assert_eq!(rights.get(name).map(String::as_str), Some(wanted), "{name}\n{list}");
    }
    let conffiles = said(Command::new("dpkg-deb").arg("--info").arg(&package.file).arg("conffiles"));
    let settings = rights.keys().filter(|name| name.starts_with("/etc/") && !name.ends_with('/'));
    assert_eq!(conffiles.lines().collect::<Vec<_>>(), settings.copied().collect::<Vec<_>>());
}

#[test]
fn the_package_installs_its_defaults_pass_and_the_daemon_tells_systemd_how_it_fares() {
    let package = Package::made();
    let copy = CopiedRoot::new(&package);
    let script = "dpkg --no-triggers --install /in/duban.deb && stat -c '%A %U:%G %n' /etc/duban /etc/duban/duban.toml \
                  /etc/duban/secrets /var/lib/duban /var/lib/duban/backups && id duban >/dev/null && \
                  as() { setpriv --reuid duban --regid duban --clear-groups --inh-caps=-all \"$@\"; } && \
                  as duban check && as duban import /in/export.csv && as duban check && zcat \
                  /usr/share/man/man1/duban.1.gz";
    let said = copy.run(script);
    for part in [
        "drwxr-x--- root:duban /etc/duban\n",
        "-rw-r----- root:duban /etc/duban/duban.toml\n",
        "drwx------ root:root /etc/duban/secrets\n",
        "drwx------ duban:duban /var/lib/duban\n",
        "drwx------ duban:duban /var/lib/duban/backups\n",
        "工单新增 300",
        "错误 0 项",
        "\n.TH duban 1",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let socket = UnixDatagram::bind(package.folder.path().join("notify")).unwrap();
    socket.set_nonblocking(true).unwrap();
    std::fs::set_permissions(package.folder.path().join("notify"), open_to_all()).unwrap();
    let script = "dpkg --no-triggers --install /in/duban.deb >/dev/null && \
                  cd /var/lib/duban && as='setpriv --reuid duban --regid duban --clear-groups --inh-caps=-all' && \
                  $as duban import /in/export.csv >/dev/null && export NOTIFY_SOCKET=/in/notify WATCHDOG_USEC=400000 && \
                  exec $as /usr/bin/duban run";
    let mut daemon = copy.start(script);
    let mut told = Told { socket, lines: Vec::new() };
    told.until(&mut daemon, "it was ready", |lines| count(lines, "READY=1") == 1);
    told.until(&mut daemon, "it lived", |lines| count(lines, "WATCHDOG=1") >= 2);
    signal(&daemon, "HUP");
    told.until(&mut daemon, "it was ready again", |lines| count(lines, "READY=1") == 2);
    let reloading = told.lines.iter().position(|line| line == "RELOADING=1").unwrap();
    // The time is in the same message.
    assert!(told.lines[reloading + 1].starts_with("MONOTONIC_USEC="), "{:?}", told.lines);
    let ready = told.lines.iter().rposition(|line| line == "READY=1").unwrap();
    assert!(reloading < ready, "{:?}", told.lines);
    signal(&daemon, "TERM");
    told.until(&mut daemon, "it was stopping", |lines| count(lines, "STOPPING=1") == 1);
    let status = daemon.0.wait().unwrap();
    assert!(status.success(), "{status} {:?}", status.signal());
}

#[test]
fn an_upgrade_and_a_removal_keep_data_and_settings() {
    let package = Package::made();
    let copy = CopiedRoot::new(&package);
    let script = "dpkg --no-triggers --install /in/duban.deb >/dev/null && \
                  as() { setpriv --reuid duban --regid duban --clear-groups --inh-caps=-all \"$@\"; } && \
                  as duban import /in/export.csv >/dev/null && as duban run --for 1s 2>/dev/null && \
                  echo '# mine' >>/etc/duban/duban.toml && \
                  dpkg-deb -R /in/duban.deb /tmp/newer && sed -i 's/^Version: .*/Version: 99.0/' \
                  /tmp/newer/DEBIAN/control && echo '# theirs' >>/tmp/newer/etc/duban/rules.toml && \
                  dpkg-deb -Znone -b /tmp/newer /tmp/newer.deb >/dev/null && \
                  dpkg --no-triggers --force-confold --install /tmp/newer.deb && \
                  tail -n 1 /etc/duban/duban.toml && tail -n 1 /etc/duban/rules.toml && \
                  stat -c '%A %U:%G %n' /etc/duban/rules.toml && ls /var/lib/duban/backups && as duban check && \
                  dpkg --no-triggers --remove duban && ls /etc/duban/duban.toml /var/lib/duban/ledger.db && ! ls /usr/bin/duban && \
                  dpkg --no-triggers --purge duban && ls /var/lib/duban/ledger.db && ! ls /etc/duban/duban.toml";
    let said = copy.run(script);
    for part in ["# mine\n", "# theirs\n", "-rw-r----- root:duban /etc/duban/rules.toml\n", "before-upgrade-from-"] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(said.matches("/var/lib/duban/ledger.db\n").count(), 2, "{said}");
}

/// A package made of the program that is tested, and an export beside it.
struct Package {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Package {
    fn made() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), open_to_all()).unwrap();
        let program = folder.path().join("program");
        // What only a debugger reads is left out, for the sake of time.
        said(Command::new("strip").args(["-o", path(&program), env!("CARGO_BIN_EXE_duban")]));
        let mut script = Command::new(root().join("systemd/package"));
        said(script.args([path(&program), path(folder.path())]).env("COMPRESS", "none"));
        let found = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let made = found.into_iter().find(|file| file.extension().is_some_and(|ending| ending == "deb")).unwrap();
        let file = folder.path().join("duban.deb");
        std::fs::rename(made, &file).unwrap();
        std::fs::copy(fixture("samples/export-utf8.csv"), folder.path().join("export.csv")).unwrap();
        Self { folder, file }
    }
}

fn open_to_all() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o777)
}

/// This machine's root, as nobody else sees it: what is written lies in memory and is
/// gone with the process that wrote it.
struct CopiedRoot<'a>(&'a Package);

impl<'a> CopiedRoot<'a> {
    fn new(package: &'a Package) -> Self {
        Self(package)
    }

    fn command(&self, script: &str) -> Command {
        let enter = "mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root && \
                     mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root && \
                     mount -t tmpfs -o mode=1777 tmpfs /mnt/root/tmp && mount --rbind /proc /mnt/root/proc && \
                     mount --rbind /dev /mnt/root/dev && mkdir /mnt/root/in && mount --bind \"$0\" /mnt/root/in && \
                     rm -rf /mnt/root/etc/duban /mnt/root/var/lib/duban && \
                     exec chroot /mnt/root sh -ec \"$1\"";
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", enter, path(self.0.folder.path()), script]);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("DEBIAN_FRONTEND", "noninteractive");
        command.stdin(Stdio::null());
        command
    }

    /// What a script says there; it must end well.
    fn run(&self, script: &str) -> String {
        said(&mut self.command(script))
    }

    fn start(&self, script: &str) -> Ended {
        Ended(self.command(script).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
    }
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What systemd would have been told.
struct Told {
    socket: UnixDatagram,
    lines: Vec<String>,
}

impl Told {
    fn until(&mut self, process: &mut Ended, what: &str, holds: impl Fn(&[String]) -> bool) {
        let began = Instant::now();
        let mut datagram = [0; 4096];
        while !holds(&self.lines) {
            while let Ok(length) = self.socket.recv(&mut datagram) {
                let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
                self.lines.extend(text.lines().map(str::to_owned));
            }
            let ended = process.0.try_wait().unwrap();
            assert!(began.elapsed() < PATIENCE, "never {what}: {:?} {ended:?}", self.lines);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn count(lines: &[String], line: &str) -> usize {
    lines.iter().filter(|told| *told == line).count()
}

fn signal(process: &Ended, name: &str) {
    let line = format!("kill -{name} {}", process.0.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
}

/// What a command that ends well says on stdout.
fn said(command: &mut Command) -> String {
    let out = command.output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{command:?}\n{text}\n{error}");
    text
}

#[test]
fn the_operator_is_told_of_a_failure_without_any_help_of_duban() {
    let folder = tempfile::tempdir().unwrap();
    let sendmail = folder.path().join("sendmail");
    std::fs::write(&sendmail, format!("#!/bin/sh\ncat >{}/mail\n", folder.path().display())).unwrap();
    std::fs::set_permissions(&sendmail, open_to_all()).unwrap();
    let tell = || {
        let mut command = Command::new(root().join("systemd/tell-failure"));
        command.arg("duban.service").env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", path(folder.path())));
        command
    };
    said(tell().env("MAILTO", "ops@example.org"));
    let mail = std::fs::read_to_string(folder.path().join("mail")).unwrap();
    for part in
        ["To: ops@example.org\n", "Subject: duban: duban.service on ", "charset=utf-8", "在修复之前不会提醒任何人"]
    {
        assert!(mail.contains(part), "{part}\n{mail}");
    }
    let untold = tell().output().unwrap();
    assert_eq!(untold.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&untold.stderr).contains("set MAILTO or HOOK_URL"), "{untold:?}");
    let script = std::fs::read_to_string(root().join("systemd/tell-failure")).unwrap();
    assert!(!script.lines().any(|line| line.trim_start().starts_with("duban ")));
    assert!(Path::new("systemd/duban-failure@.service").exists());
}
