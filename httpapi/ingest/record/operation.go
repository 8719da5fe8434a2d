package record

import (
	"strings"
	"unicode"

	"annals/engine"
)

// operations holds the verbs that name an operation, in the words that the vendors use.
var operations = map[string]string{}

func init() {
	for op, verbs := range map[string]string{
		engine.OpCreate: "create add post insert new register import upload generate run allocate copy clone invite provision subscribe issue " +
			"mkdir restore created added uploaded invited registered",
		engine.OpEdit: "put update edit modify patch set change write rename move attach detach associate disassociate enable disable reset " +
			"rotate grant assign unassign tag untag replace authorize approve lock unlock join leave activate deactivate configure transfer " +
			"promote demote merge encrypt resize migrate apply renew share start reboot restart resume " +
			"updated changed modified enabled disabled renamed moved",
		engine.OpDelete: "delete remove destroy purge drop revoke clear erase unregister deregister wipe trash deletecollection " +
			"deleted removed revoked destroyed",
		engine.OpPublish: "publish release deploy published released deployed",
		engine.OpStop:    "stop terminate shutdown kill abort suspend halt pause cancel stopped terminated suspended killed cancelled",
		engine.OpLogin:   "login logon signin authenticate",
		engine.OpLogout:  "logout logoff signout",
		engine.OpRead: "get list describe read view search query head lookup fetch download select scan check watch show access export " +
			"preview open browse estimate simulate test verify validate discover accessed viewed downloaded",
	} {
		for _, verb := range strings.Fields(verbs) {
			operations[verb] = op
		}
	}
}

// OperationOf returns the operation that a vendor's action name speaks of: the first of its words that is a known verb decides
// ("CreateUser", "iam.roles.delete", "user_login", "list"). It is "other" where no word is.
func OperationOf(action string) string {
	words := Words(action)
	for i, w := range words {
		if op, ok := operations[w]; ok {
			return op
		}
		if i+1 < len(words) {
			switch w + words[i+1] {
			case "login", "logon", "signin", "loggedin":
				return engine.OpLogin
			case "logout", "logoff", "signout", "loggedout", "loggedoff":
				return engine.OpLogout
			}
		}
	}
	return engine.OpOther
}

// IsWrite reports whether the operation changes something, as Event.Write wants it.
func IsWrite(op string) bool {
	switch op {
	case engine.OpCreate, engine.OpEdit, engine.OpDelete, engine.OpPublish, engine.OpStop:
		return true
	}
	return false
}

// Words returns the lower-case words of a name in camel case, snake case, or with any punctuation between them.
func Words(name string) []string {
	var words []string
	var word strings.Builder
	rs := []rune(name)
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for i, r := range rs {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		up := unicode.IsUpper(r)
		if up && i > 0 && (!unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			end()
		}
		word.WriteRune(unicode.ToLower(r))
	}
	end()
	return words
}
