package huawei

import "strings"

// allTypes is what can be audited, as a JSON document that stands in a string of the answer: the vendor's "Querying the SQL Audit Policy".
const allTypes = `{"DCL":"CREATE_USER,DROP_USER,RENAME_USER,GRANT,REVOKE,ALTER_USER,ALTER_USER_DEFAULT_ROLE",` +
	`"DDL":"CREATE,ALTER,DROP,RENAME,TRUNCATE,REPAIR,OPTIMIZE",` +
	`"DML":"INSERT,DELETE,UPDATE,REPLACE,SELECT",` +
	`"OTHER":"BEGIN/COMMIT/ROLLBACK,PREPARED_STATEMENT,CALL_PROCEDURE,KILL,SET_OPTION,CHANGE_DB,UNINSTALL_PLUGIN,INSTALL_PLUGIN,SHUTDOWN,` +
	`SLAVE_START,SLAVE_STOP,LOCK_TABLES,UNLOCK_TABLES,FLUSH,XA"}`

// typeNames are the types in allTypes.
var typeNames = func() (names []string) {
	for at, text := range strings.Split(allTypes, `"`) {
		if at%4 == 3 { // behind each name of a group
			names = append(names, strings.Split(text, ",")...)
		}
	}
	return names
}()
