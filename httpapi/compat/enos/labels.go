package enos

// labels are the words of events that the vendor's documents name, and the room's own, by the locale that they are translated for. The vendor
// publishes no list of its own: other words, and other locales, are shown as they are in the log.
var labels = map[string]map[string]string{
	"zh_CN": {
		"Log in":            "登录",
		"Log out":           "登出",
		menuAction:          "访问",
		"OU Administrator":  "OU 管理员",
		"Sub-Administrator": "子管理员",
		"User":              "用户",
	},
}

// english are the words that are not English in the log.
var english = map[string]string{menuAction: "Access"}

func label(word, locale string) string {
	if translated, ok := labels[locale][word]; ok {
		return translated
	}
	if translated, ok := english[word]; ok {
		return translated
	}
	return word
}
