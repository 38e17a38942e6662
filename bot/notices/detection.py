"""Whether a text is a pasted notice, so that nobody needs a command to have one read.

A person's own question that only mentions a summons or 12368 must not be taken for one: who writes
"I got a summons, what now?" wants an answer, not a reading. So the voice counts: a notice has a
sender's tag, addresses somebody formally, names a number or a link; a person asks and says "I".
"""

import re

from bot.notices.case_numbers import find_case_numbers
from bot.notices.folding import FoldedText
from bot.notices.links import find_links, find_placeholders
from bot.notices.rules import load_rules

ENOUGH = 3  # points from which a text is read as a notice
_SHORTEST = 18  # characters; below that nothing is told apart
_LOOKED_AT = 3000
_TAG = re.compile(r"^\s*(?:\[|【)[^\]】\n]{2,28}(?:\]|】)|(?:\[|【)[^\]】\n]{2,28}(?:\]|】)\s*$")
_OPT_OUT = re.compile(r"拒收请回复|退订(?:请)?回|回复?(?:td|t|r|n)\b|回td|回t退订")
_ADDRESS = re.compile(
    r"^(?:[^,。:]{0,12}[,:])?(?:尊敬的|(?:您|你)好[,。!:\s]|[\u4e00-\u9fffx*]{2,6}(?:先生|女士|小姐)?,?(?:您|你)好|"
    r"致[\u4e00-\u9fffx*]{2,8}[:,]|\?{0,4}<)"
)
# A paper begins with its name: 传票, 律师函：, 裁决书 （2026）…
_HEADED = re.compile(
    r"^(?:[\u4e00-\u9fff]{0,10}?)(?:传票|律师函|裁定书|判决书|裁决书|支付令|通知书|决定书|告知书|限制消费令|报告财产令|"
    r"执行证书|回执|传唤证|调解通知|债权转让通知|最后通知)\s{0,2}[:(【\[《】]"
)
_SPEAKER = re.compile(
    r"我是.{0,18}(?:公安|法院|检察|派出所|警|律师|法务|调解|客服|专员|经理|工作人员|代表|中心|银监|银联)|"
    r"(?:这里|这边)是.{0,20}(?:法院|公安|律所|律师|调解|中心|公司|银行|客服|法务)|"
    r"(?:本院|我院|本所|我所|我司|我行|本公司|我公司|本中心|我局)(?!的)|本律师|我部"
)
_INSTRUCTION = re.compile(
    r"请(?:您|你)?(?:务必|尽快|立即|及时|于|在|按时|按照|准时|携带|查收|点击|登录|登陆|登入|拨打|致电|联系|前往|到|下载|知悉|收到|配合|速|打开|回复)|"
    r"特此(?:通知|告知|函告|公告|提醒|催告)|此致|望(?:您|你|周知|知悉)|限(?:您|你).{0,12}(?:内|前)|"
    r"(?:您|你)(?:的|已|应|于|因|名下|涉嫌|尾号|在|有|可能|正在|与|逾期|欠|需)|后果自负|如有疑问"
)
_TELEPHONE = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|[48]00-?\d{3}-?\d{4}|0\d{2,3}-?\d{7,8})(?!\d)|(?<![a-z])(?:cellphone|phone|hotline)(?![a-z])"
)
_OWN_VOICE = re.compile(
    r"(?:^|[,。!\s;“\"])(?:我|俺|咱|本人|我们)(?:妈|爸|家|老公|老婆|朋友|弟|哥|姐|儿|女|爷|奶|父|母|同事|亲戚|"
    r"收到|接到|被|欠|该|能|要(?!求)|想|现在|今天|今早|昨天|昨晚|刚|已经|真的|不|没|在|怎么|有(?!关)|借|应该|的|看|跟|问|打|都|就|也|还|前|上|之前(?!幫|帮)|逾期|手里|这|那)|"
    r"(?:催收的?|对方|他们)(?:说|打|给|让|叫|要|一直|天天|又)"
)
_ASKS = re.compile(
    r"[?]|吗(?:$|[,。!\s])|怎么办|怎么(?:才|查|核实|处理|应对|回|做|判断|知道)|咋办|咋整|是不是|能不能|会不会|可不可以|该不该|要不要|"
    r"有没有|真的假的|真假|是真的|是假的|请问(?!您?是|你是|.{0,4}先生|.{0,4}女士)|求助|求问|想问|帮我看|帮忙看|急|咨询一下|呢(?:$|[,。!\s])|有用吗"
)
# A caller opens with a question of his own: 请问是王某吗, 需要资金周转吗.
_GREETING_QUESTION = re.compile(
    r"(?:请问)?(?:您|你)?是.{1,8}(?:吗|么)[?,。]?|(?:您|你)?(?:是否|需要|急需).{0,10}(?:周转|资金|贷款|支持|用钱)(?:吗|么)?[?]?"
)
_FORWARDED = re.compile(
    r"^(?:[^\n]{0,40}?(?:收到|发来|短信|信息|内容|原文|如下|写的是|写着|说|看|转发|帮我看看?|真的吗|真的假的|是真的|假)[^\n【\[]{0,20}[:：?？\n]\s*)(?=[【\[「“\"]|尊敬|您好|你好|[^\n]{24})"
)
_TRAILING = re.compile(
    r"[\n。!】\]」”\"][^\n。!【】]{0,30}(?:[?？]|真的吗|真的假的|怎么办|是不是真的|是真是假|帮我看看?|帮忙看看?|这是真的|真的还是假的)[^\n。!【】]{0,12}$"
)


def looks_like_notice(text: str) -> bool:
    """Whether the text, or the part of it after a question about it, is a pasted notice."""
    folded = FoldedText(text[:_LOOKED_AT])
    body = folded.lines.strip()
    cut = _FORWARDED.sub("", body, count=1)
    trailing = _TRAILING.search(cut)
    if trailing and trailing.start() >= _SHORTEST:
        cut = cut[: trailing.start() + 1]
    quoted = cut != body
    if len(cut) < _SHORTEST:
        return False
    return _points(cut, quoted=quoted) >= ENOUGH


def _points(text: str, *, quoted: bool) -> int:
    folded = FoldedText(text)
    plain = folded.text
    points = 0
    if _TAG.search(plain):
        points += 3
    if _OPT_OUT.search(plain):
        points += 3
    if _ADDRESS.search(plain):
        points += 2
    if _SPEAKER.search(plain):
        points += 2
    if _HEADED.search(plain):
        points += 2
    points += min(sum(1 for _ in _INSTRUCTION.finditer(plain)), 2)
    cases = [number for number in find_case_numbers(folded) if number.form != "other"]
    if cases:
        points += 2
    if find_links(folded) or find_placeholders(folded):
        points += 1
    if _TELEPHONE.search(folded.lines):
        points += 1
    rules = load_rules()
    best = max(
        sum(worth for pattern, worth in patterns if pattern.search(plain))
        for patterns in rules.kinds.values()
    )
    strong = any(
        rule.weight == "strong" and any(pattern.search(plain) for pattern in rule.any)
        for rule in rules.signs
    )
    if best < 3 and not cases and not strong:
        return 0
    points += (best >= 6) + 2 * strong
    if quoted:
        points += 1
    if _ASKS.search(_GREETING_QUESTION.sub("", plain)):
        points -= 3
    own = sum(1 for _ in _OWN_VOICE.finditer(plain))
    points -= 2 * min(own, 2)
    if len(plain) < 26 and not cases:
        points -= 1
    return points
