package syslog

import (
	"regexp"

	"annals/engine"
)

// rules in the order in which they are tried. User names in the messages of sshd are chosen by whoever knocks and may hold
// anything, " from 10.0.0.1 port 22" too. So they are matched greedily, up to the last address, which sshd wrote.
var rules = []rule{
	on("sshd", `^Accepted \S+ for (?P<user>.*) from (?P<ip>\S+) port \d+`, "ssh login", engine.OpLogin, ""),
	on("sshd", `^Failed \S+ for (?:invalid user |illegal user )?(?P<user>.*) from (?P<ip>\S+) port \d+`, "ssh login", engine.OpLogin, "authentication failed"),
	on("sshd", `^(?:Invalid|Illegal) user (?P<user>.*) from (?P<ip>\S+)(?: port \d+)?$`, "ssh invalid user", engine.OpLogin, "user does not exist"),
	on("sshd", `^input_userauth_request: invalid user (?P<user>.*) \[preauth\]$`, "ssh invalid user", engine.OpLogin, "user does not exist"),
	on("sshd", `^(?:error: )?maximum authentication attempts exceeded for (?:invalid user )?(?P<user>.*) from (?P<ip>\S+) port`,
		"ssh login", engine.OpLogin, "maximum authentication attempts exceeded"),
	on("sshd", `^Disconnecting.*: (?P<error>Too many authentication failures)`, "ssh login", engine.OpLogin, ""),
	on("sshd", `^User (?P<user>.*) from (?P<ip>\S+) not allowed because (?P<error>.*)$`, "ssh login", engine.OpLogin, ""),
	on("sshd", `^(?:Connection (?:closed|reset) by|Disconnected from|Received disconnect from) (?:(?:authenticating |invalid )?user (?P<user>.*) )?`+
		`(?P<ip>[0-9a-fA-F.:]+)(?: port \d+)?.* \[preauth\]$`, "ssh connection closed before login", engine.OpOther, ""),
	on("sshd", `^(?:Connection (?:closed|reset) by|Disconnected from|Received disconnect from) (?:user (?P<user>.*) )?(?P<ip>[0-9a-fA-F.:]+)(?: port \d+|: |$)`,
		"ssh logout", engine.OpLogout, ""),
	on("sshd", `^Connection from (?P<ip>\S+) port`, "ssh connection", engine.OpOther, ""),
	on("sshd", `^Did not receive identification string from (?P<ip>\S+)`, "ssh connection", engine.OpOther, "no identification string"),
	on("sshd", `^Bad protocol version identification .* from (?P<ip>\S+) port \d+$`, "ssh connection", engine.OpOther, "bad protocol version"),
	on("sshd", `^(?:fatal: )?Unable to negotiate with (?P<ip>\S+) port \d+: (?P<error>.*)$`, "ssh connection", engine.OpOther, ""),
	on("sshd", `^Starting session: \S+ .*for (?P<user>\S+) from (?P<ip>\S+) port`, "ssh session started", engine.OpOther, ""),
	on("sshd", `^Close session: user (?P<user>\S+) from (?P<ip>\S+) port`, "ssh session ended", engine.OpOther, ""),
	on("sshd", `^Received signal \d+; terminating`, "ssh server stopped", engine.OpStop, ""),
	on("sshd", `^Server listening on (?P<target>\S+ port \d+)`, "ssh server started", engine.OpOther, "").of("address"),

	on("sudo", `^(?P<user>\S+) : (?:(?P<error>[^;=]+) ; )?TTY=(?P<channel>\S+) ; PWD=.* ; USER=(?P<target>\S+) ; (?:GROUP=\S+ ; )?(?:ENV=.* ; )?COMMAND=(?P<command>.*)$`,
		"sudo", engine.OpOther, ""),
	on("su", `^Successful su for (?P<target>\S+) by (?P<user>\S+)`, "su", engine.OpLogin, ""),
	on("su", `^FAILED su for (?P<target>\S+) by (?P<user>\S+)`, "su", engine.OpLogin, "authentication failed"),
	on("su", `^FAILED SU \(to (?P<target>\S+)\) (?P<user>\S+) on (?P<channel>\S+)`, "su", engine.OpLogin, "authentication failed"),
	on("su", `^\(to (?P<target>\S+)\) (?P<user>\S+) on (?P<channel>\S+)`, "su", engine.OpLogin, ""),

	on("useradd", `^new user: name=(?P<target>[^,]+)`, "user added", engine.OpCreate, "").of("user"),
	on("useradd", `^new group: name=(?P<target>[^,]+)`, "group added", engine.OpCreate, "").of("group"),
	on("useradd", `^failed adding user '(?P<target>[^']*)'`, "user added", engine.OpCreate, "failed").of("user"),
	on("useradd", `^add '(?P<target>[^']*)' to (?:shadow )?group`, "group member added", engine.OpEdit, "").of("user"),
	on("groupadd", `^new group: name=(?P<target>[^,]+)`, "group added", engine.OpCreate, "").of("group"),
	on("groupadd", `^group added to \S+ name=(?P<target>[^,]+)`, "group added", engine.OpCreate, "").of("group"),
	on("userdel", `^delete user '(?P<target>[^']*)'`, "user deleted", engine.OpDelete, "").of("user"),
	on("userdel", `^removed (?:shadow )?group '(?P<target>[^']*)'`, "group deleted", engine.OpDelete, "").of("group"),
	on("groupdel", `^(?:group '(?P<target>[^']*)' removed|removed group)`, "group deleted", engine.OpDelete, "").of("group"),
	on("usermod", `^add '(?P<target>[^']*)' to (?:shadow )?group`, "group member added", engine.OpEdit, "").of("user"),
	on("usermod", `^change user '(?P<target>[^']*)'`, "user changed", engine.OpEdit, "").of("user"),
	on("gpasswd", `^user (?P<target>\S+) added by (?P<user>\S+) to group`, "group member added", engine.OpEdit, "").of("user"),

	on("CRON", `^\((?P<user>[^)]*)\) CMD \((?P<command>.*)\)$`, "cron command", engine.OpOther, ""),
	on("crond", `^\((?P<user>[^)]*)\) CMD \((?P<command>.*)\)$`, "cron command", engine.OpOther, ""),

	on("systemd-logind", `^New session (?P<target>\S+) of user (?P<user>.+)\.$`, "session started", engine.OpLogin, "").of("session"),
	on("systemd-logind", `^(?:Removed session (?P<target>\S+)\.|Session \S+ logged out)`, "session ended", engine.OpLogout, "").of("session"),
	on("systemd-logind", `^(?:The system will|System is) (?:power off|reboot|halt|powering|rebooting|halting)`, "system stopped", engine.OpStop, ""),

	// What PAM says is the same in every program that uses it.
	on("", `^pam_\w+\([^)]*\): session opened for user (?P<target>\S+?)(?:\(uid=\d+\))? by (?P<user>[^(]+)\(uid=\d+\)`, "session opened", engine.OpLogin, ""),
	on("", `^pam_\w+\([^)]*\): session opened for user (?P<user>\S+?)(?:\(uid=\d+\))? by `, "session opened", engine.OpLogin, ""),
	on("", `^pam_\w+\([^)]*\): session closed for user (?P<user>\S+)`, "session closed", engine.OpLogout, ""),
	on("", `^(?:pam_\w+\([^)]*\): authentication failure;|PAM \d+ more authentication failures?;) .*\btty=(?P<channel>\S*).* rhost=(?P<ip>\S*)(?:\s+user=(?P<user>.*))?$`,
		"authentication", engine.OpLogin, "authentication failed"),
	on("", `^pam_\w+\([^)]*\): check pass; user unknown`, "authentication", engine.OpLogin, "user does not exist"),
	on("", `^pam_\w+\([^)]*:chauthtok\): password changed for (?P<target>\S+)`, "password changed", engine.OpEdit, "").of("user"),
	on("", `^pam_\w+\([^)]*:chauthtok\): user "(?P<target>[^"]*)" (?P<error>does not exist.*)$`, "password changed", engine.OpEdit, "").of("user"),
	on("passwd", `^password for '?(?P<target>[^' ]*)'? changed by '?(?P<user>[^' ]*)'?`, "password changed", engine.OpEdit, "").of("user"),
}

func on(program, expression, action, operation, failure string) rule {
	return rule{program: program, re: regexp.MustCompile(expression), action: action, operation: operation, failure: failure}
}

func (r rule) of(kind string) rule {
	r.kind = kind
	return r
}
