package flashduty

import (
	"fmt"
	"net/http"

	"golang.org/x/text/language"
)

// words say something in each language that the API speaks.
type words [2]string

// The languages, as indexes into words.
const (
	english = iota
	chinese
)

// What the documentation gives as messages, and reasons to them.
var (
	invalidParameter = words{"The specified parameter %s is not valid. %s", "指定的参数 %s 无效。%s"}

	unauthorized = words{"You are unauthorized.", "您未通过身份验证。"}
	accessDenied = words{"Access Denied.", "拒绝访问。"}
	tooFrequent  = words{"Request too frequently.", "请求过于频繁。"}
	tooLarge     = words{fmt.Sprintf("The request body has more than %d bytes.", maxBodyBytes), fmt.Sprintf("请求体超过 %d 字节。", maxBodyBytes)}
	notJSON      = words{"The request body is not a JSON object.", "请求体不是 JSON 对象。"}
	notJSONType  = words{"The Content-Type is not application/json.", "Content-Type 不是 application/json。"}
	cutOff       = words{"The request body cannot be read to its end.", "请求体无法完整读取。"}
	internal     = words{"An internal error has occurred.", "服务内部错误。"}
	unavailable  = words{"The service is temporarily unavailable. Try again later, or ask for less.", "服务暂不可用，请稍后重试或缩小查询范围。"}

	wrongType     = words{"It is of the wrong type.", "类型不正确。"}
	isRequired    = words{"It is required.", "该参数必填。"}
	notSeconds    = words{"It is a Unix time in seconds.", "应为以秒为单位的 Unix 时间戳。"}
	notAfterStart = words{"It must be later than start_time.", "应晚于 start_time。"}
	spanTooLong   = words{fmt.Sprintf("It may be at most %d days after start_time.", maxSpanDays), fmt.Sprintf("与 start_time 的间隔不能超过 %d 天。", maxSpanDays)}
	limitRange    = words{fmt.Sprintf("It is from 0 to %d.", maxLimit), fmt.Sprintf("取值范围为 0 到 %d。", maxLimit)}
	tooMany       = words{fmt.Sprintf("It has more than %d values.", maxOperations), fmt.Sprintf("不能超过 %d 个值。", maxOperations)}
	notThisCursor = words{"It belongs to another search: start again without it.", "它属于另一个查询，请不带该参数重新查询。"}
)

// text is what the client reads.
func (f *failure) text(language int) string {
	if f.parameter == "" {
		return f.says[language]
	}
	return fmt.Sprintf(invalidParameter[language], f.parameter, f.says[language])
}

var languages = language.NewMatcher([]language.Tag{english: language.English, chinese: language.SimplifiedChinese})

// languageOf is the one that the client prefers of those there are; English where it does not say.
func languageOf(r *http.Request) int {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return english
	}
	if _, i, confidence := languages.Match(tags...); confidence > language.No {
		return i
	}
	return english
}
