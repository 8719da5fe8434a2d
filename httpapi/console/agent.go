package console

import (
	"strings"

	"github.com/mileusna/useragent"
)

// shortAgent is a user agent in a few words: the program with its major version, and the system.
func shortAgent(ua string) string {
	a := useragent.Parse(ua)
	name := strings.Trim(a.Name, " ,;")
	if name == "" {
		return ""
	}
	if major, _, _ := strings.Cut(a.Version, "."); major != "" && !strings.Contains(name, "/") {
		name += " " + strings.Trim(major, " ,;")
	}
	if a.OS != "" {
		name += ", " + a.OS
	}
	return name
}
