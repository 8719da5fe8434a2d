package console

import "strings"

// shortAgent is the browser and system of a user agent, or its first product.
func shortAgent(ua string) string {
	if ua == "" {
		return ""
	}
	browser := ""
	for _, b := range []struct{ token, name string }{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}} {
		if i := strings.Index(ua, b.token); i >= 0 {
			version, _, _ := strings.Cut(ua[i+len(b.token):], ".")
			if v := strings.Index(ua, "Version/"); b.name == "Safari" && v >= 0 {
				version, _, _ = strings.Cut(ua[v+len("Version/"):], ".")
			}
			browser = b.name + " " + version
			break
		}
	}
	if browser == "" || !strings.HasPrefix(ua, "Mozilla/") {
		product, _, _ := strings.Cut(ua, " ")
		return product
	}
	for _, s := range []struct{ token, name string }{{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}} {
		if strings.Contains(ua, s.token) {
			return browser + ", " + s.name
		}
	}
	return browser
}
