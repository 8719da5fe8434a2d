package auditd

import (
	"strings"

	"annals/engine"
)

// modules group the record types; what is not in the table is the kernel's.
var modules = map[string]string{
	"SYSCALL": "syscall", "EXECVE": "syscall", "PATH": "syscall", "CWD": "syscall", "SOCKADDR": "syscall", "PROCTITLE": "syscall",
	"BPRM_FCAPS": "syscall", "SECCOMP": "mandatory access", "AUOMS_EXECVE": "syscall", "AUOMS_SYSCALL": "syscall",
	"USER_AUTH": "login", "USER_LOGIN": "login", "USER_LOGOUT": "login", "USER_START": "login", "USER_END": "login", "USER_ACCT": "login",
	"CRED_ACQ": "login", "CRED_DISP": "login", "CRED_REFR": "login", "LOGIN": "login", "USER_ERR": "login", "USER_ROLE_CHANGE": "login",
	"ADD_USER": "account", "DEL_USER": "account", "ADD_GROUP": "account", "DEL_GROUP": "account", "USER_MGMT": "account", "GRP_MGMT": "account",
	"USER_CHAUTHTOK": "account", "ACCT_LOCK": "account", "ACCT_UNLOCK": "account",
	"USER_CMD": "command", "USER_TTY": "command", "TTY": "command",
	"SERVICE_START": "service", "SERVICE_STOP": "service", "SYSTEM_BOOT": "system", "SYSTEM_SHUTDOWN": "system", "SYSTEM_RUNLEVEL": "system",
	"CONFIG_CHANGE": "audit", "DAEMON_START": "audit", "DAEMON_END": "audit", "DAEMON_CONFIG": "audit", "DAEMON_ABORT": "audit", "DAEMON_ROTATE": "audit",
	"AVC": "mandatory access", "USER_AVC": "mandatory access", "MAC_STATUS": "mandatory access", "MAC_POLICY_LOAD": "mandatory access",
	"CRYPTO_KEY_USER": "crypto", "CRYPTO_SESSION": "crypto", "NETFILTER_CFG": "network", "USYS_CONFIG": "system",
}

func module(kind string) string {
	if m, ok := modules[kind]; ok {
		return m
	}
	return "kernel"
}

// operations are those of the record types that have one of their own.
var operations = map[string]string{
	"USER_AUTH": engine.OpLogin, "USER_LOGIN": engine.OpLogin, "USER_START": engine.OpLogin, "LOGIN": engine.OpLogin,
	"USER_LOGOUT": engine.OpLogout, "USER_END": engine.OpLogout,
	"ADD_USER": engine.OpCreate, "ADD_GROUP": engine.OpCreate, "DEL_USER": engine.OpDelete, "DEL_GROUP": engine.OpDelete,
	"USER_MGMT": engine.OpEdit, "GRP_MGMT": engine.OpEdit, "USER_CHAUTHTOK": engine.OpEdit, "ACCT_LOCK": engine.OpEdit, "ACCT_UNLOCK": engine.OpEdit,
	"CONFIG_CHANGE": engine.OpEdit, "DAEMON_CONFIG": engine.OpEdit, "USYS_CONFIG": engine.OpEdit, "NETFILTER_CFG": engine.OpEdit,
	"SERVICE_STOP": engine.OpStop, "DAEMON_END": engine.OpStop, "DAEMON_ABORT": engine.OpStop, "SYSTEM_SHUTDOWN": engine.OpStop,
	// System calls, by name.
	"creat": engine.OpCreate, "mkdir": engine.OpCreate, "mkdirat": engine.OpCreate, "link": engine.OpCreate, "symlink": engine.OpCreate,
	"init_module": engine.OpCreate, "finit_module": engine.OpCreate, "mount": engine.OpCreate,
	"unlink": engine.OpDelete, "unlinkat": engine.OpDelete, "rmdir": engine.OpDelete, "delete_module": engine.OpDelete, "umount2": engine.OpDelete,
	"rename": engine.OpEdit, "renameat": engine.OpEdit, "renameat2": engine.OpEdit, "truncate": engine.OpEdit, "chmod": engine.OpEdit,
	"fchmod": engine.OpEdit, "fchmodat": engine.OpEdit, "chown": engine.OpEdit, "fchown": engine.OpEdit, "lchown": engine.OpEdit, "fchownat": engine.OpEdit,
	"setxattr": engine.OpEdit, "sethostname": engine.OpEdit, "settimeofday": engine.OpEdit, "adjtimex": engine.OpEdit,
	"kill": engine.OpStop, "reboot": engine.OpStop,
	"open": engine.OpRead, "openat": engine.OpRead, "read": engine.OpRead,
}

// operation is the action's; a file opened in order to create it tells by its path's record.
func operation(action string, recs []auditRecord) string {
	op, ok := operations[action]
	if !ok {
		return engine.OpOther
	}
	for _, rec := range recs {
		if nametype := rec.get("nametype"); op == engine.OpRead && nametype == "CREATE" {
			return engine.OpCreate
		}
	}
	return op
}

// action is the system call's name, or the record's type.
func action(recs []auditRecord) string {
	main := recs[0]
	if main.kind == "EXECVE" {
		return "execve"
	}
	if main.kind != "SYSCALL" && !strings.HasPrefix(main.kind, "AUOMS_") {
		return main.kind
	}
	if name := main.get("SYSCALL"); name != "" {
		return name
	}
	number := main.get("syscall")
	if arch := main.get("arch"); arch == "c000003e" {
		if name := syscalls[number]; name != "" {
			return name
		}
	} else if arch == "x86_64" && number != "" {
		return number
	}
	for _, rec := range recs {
		if rec.kind == "EXECVE" {
			return "execve"
		}
	}
	if number == "" {
		return main.kind
	}
	return "syscall " + number
}

// syscalls are the ones of x86_64 that audit rules usually watch. Elsewhere the numbers mean something else.
var syscalls = map[string]string{
	"0": "read", "2": "open", "13": "rt_sigaction", "14": "rt_sigprocmask", "41": "socket", "42": "connect", "43": "accept", "44": "sendto",
	"49": "bind", "50": "listen", "56": "clone", "57": "fork", "58": "vfork", "59": "execve", "62": "kill", "76": "truncate", "80": "chdir",
	"82": "rename", "83": "mkdir", "84": "rmdir", "85": "creat", "86": "link", "87": "unlink", "88": "symlink", "90": "chmod", "91": "fchmod",
	"92": "chown", "93": "fchown", "94": "lchown", "101": "ptrace", "105": "setuid", "106": "setgid", "159": "adjtimex", "161": "chroot",
	"164": "settimeofday", "165": "mount", "166": "umount2", "169": "reboot", "170": "sethostname", "175": "init_module", "176": "delete_module",
	"188": "setxattr", "257": "openat", "258": "mkdirat", "260": "fchownat", "263": "unlinkat", "264": "renameat", "268": "fchmodat",
	"288": "accept4", "313": "finit_module", "316": "renameat2", "322": "execveat",
}
