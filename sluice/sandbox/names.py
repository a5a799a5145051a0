"""Names and places that the world's people are put together from."""

SURNAMES = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("黄", "Huang"),
    ("赵", "Zhao"), ("吴", "Wu"), ("周", "Zhou"), ("徐", "Xu"), ("孙", "Sun"), ("马", "Ma"), ("朱", "Zhu"), ("胡", "Hu"),
    ("郭", "Guo"), ("何", "He"), ("林", "Lin"), ("罗", "Luo"), ("郑", "Zheng"), ("梁", "Liang"), ("谢", "Xie"),
    ("宋", "Song"), ("唐", "Tang"), ("许", "Xu"), ("韩", "Han"), ("冯", "Feng"), ("沈", "Shen"), ("曹", "Cao"),
    ("潘", "Pan"), ("欧阳", "Ouyang"), ("蒋", "Jiang"),
)  # fmt: skip
GIVEN_ZH = (
    ("伟", "Wei", "m"), ("敏", "Min", "f"), ("静", "Jing", "f"), ("强", "Qiang", "m"), ("磊", "Lei", "m"), ("洋", "Yang", "m"),
    ("艳", "Yan", "f"), ("勇", "Yong", "m"), ("杰", "Jie", "m"), ("娟", "Juan", "f"), ("涛", "Tao", "m"), ("明", "Ming", "m"),
    ("秀英", "Xiuying", "f"), ("霞", "Xia", "f"), ("平", "Ping", "m"), ("桂英", "Guiying", "f"), ("子涵", "Zihan", "f"),
    ("浩然", "Haoran", "m"), ("欣怡", "Xinyi", "f"), ("宇轩", "Yuxuan", "m"), ("雨桐", "Yutong", "f"), ("梓萱", "Zixuan", "f"),
    ("俊杰", "Junjie", "m"), ("思远", "Siyuan", "m"), ("嘉怡", "Jiayi", "f"), ("晓东", "Xiaodong", "m"), ("晓梅", "Xiaomei", "f"),
    ("建国", "Jianguo", "m"), ("志强", "Zhiqiang", "m"), ("丽华", "Lihua", "f"), ("若曦", "Ruoxi", "f"), ("一诺", "Yinuo", "f"),
)  # fmt: skip
GIVEN = (
    ("Emily", "f"), ("James", "m"), ("Olivia", "f"), ("Michael", "m"), ("Sophia", "f"), ("David", "m"), ("Grace", "f"),
    ("Daniel", "m"), ("Hannah", "f"), ("Robert", "m"), ("Chloe", "f"), ("Andrew", "m"), ("Zoë", "f"), ("Thomas", "m"),
    ("Megan", "f"), ("Kevin", "m"), ("Laura", "f"), ("José", "m"), ("Alice", "f"), ("Jack", "m"), ("Nora", "f"), ("Peter", "m"),
    ("Claire", "f"), ("Owen", "m"), ("Ruth", "f"), ("Simon", "m"), ("Amélie", "f"), ("Jürgen", "m"),
)  # fmt: skip
FAMILY = (
    "Smith", "Johnson", "Brown", "Taylor", "Miller", "Davis", "Wilson", "Anderson", "Thompson", "Martin", "Clark", "Lewis",
    "Walker", "Young", "Hall", "Wright", "Green", "Baker", "Nelson", "Carter", "Mitchell", "Roberts", "Turner", "Phillips",
    "Campbell", "Parker", "Evans", "Edwards", "Collins", "Murphy", "O'Brien", "García", "Müller", "Dubois", "MacDonald",
    "Nguyen", "Patel", "Kim", "Schneider", "Van Dyke",
)  # fmt: skip
# country, region, region in Chinese, city, city in Chinese, first digits of the postcode, weight, sales tax (basis points)
PLACES = (
    ("CN", "Zhejiang", "浙江省", "Hangzhou", "杭州市", "310", 22, 0),
    ("CN", "Zhejiang", "浙江省", "Ningbo", "宁波市", "315", 5, 0),
    ("CN", "Shanghai", "上海", "Shanghai", "上海市", "200", 14, 0),
    ("CN", "Jiangsu", "江苏省", "Nanjing", "南京市", "210", 6, 0),
    ("CN", "Jiangsu", "江苏省", "Suzhou", "苏州市", "215", 6, 0),
    ("CN", "Beijing", "北京", "Beijing", "北京市", "100", 10, 0),
    ("CN", "Guangdong", "广东省", "Guangzhou", "广州市", "510", 8, 0),
    ("CN", "Guangdong", "广东省", "Shenzhen", "深圳市", "518", 9, 0),
    ("CN", "Sichuan", "四川省", "Chengdu", "成都市", "610", 6, 0),
    ("CN", "Hubei", "湖北省", "Wuhan", "武汉市", "430", 5, 0),
    ("CN", "Shaanxi", "陕西省", "Xi'an", "西安市", "710", 3, 0),
    ("CN", "Fujian", "福建省", "Xiamen", "厦门市", "361", 3, 0),
    ("CN", "Hunan", "湖南省", "Changsha", "长沙市", "410", 3, 0),
    ("CN", "Liaoning", "辽宁省", "Dalian", "大连市", "116", 2, 0),
    ("CN", "Guangxi", "广西壮族自治区", "Nanning", "南宁市", "530", 2, 0),
    ("CN", "Yunnan", "云南省", "Kunming", "昆明市", "650", 2, 0),
    ("US", "CA", "", "Los Angeles", "", "900", 14, 950),
    ("US", "CA", "", "San Francisco", "", "941", 9, 863),
    ("US", "NY", "", "New York", "", "100", 12, 888),
    ("US", "TX", "", "Austin", "", "787", 7, 825),
    ("US", "WA", "", "Seattle", "", "981", 6, 1035),
    ("US", "IL", "", "Chicago", "", "606", 5, 1025),
    ("US", "MA", "", "Boston", "", "021", 4, 625),
    ("US", "OR", "", "Portland", "", "972", 3, 0),
    ("CA", "ON", "", "Toronto", "", "M5V", 5, 1300),
    ("CA", "BC", "", "Vancouver", "", "V6B", 4, 1200),
    ("GB", "ENG", "", "London", "", "SW1", 5, 0),
    ("DE", "BE", "", "Berlin", "", "101", 3, 0),
    ("AU", "NSW", "", "Sydney", "", "200", 3, 0),
    ("FR", "IDF", "", "Paris", "", "750", 2, 0),
)
SOUTH = ("Guangdong", "Guangxi", "Fujian", "Hunan", "Yunnan", "Sichuan")
"""Regions that the Guangzhou warehouse is nearest to."""
NEAR_STORE = ("Hangzhou", "Ningbo", "Shanghai", "Suzhou")
STREETS = ("Maple St", "Oak Ave", "2nd St", "Park Rd", "Lakeview Dr", "Station Rd", "Hill St", "Mission St")
STREETS_ZH = ("文三路", "中山路", "人民路", "建设路", "解放路", "和平路", "延安路", "天目山路")
DIALLING = {"CN": "+86", "US": "+1", "CA": "+1", "GB": "+44", "DE": "+49", "AU": "+61", "FR": "+33"}
MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com")
MAIL_CN = ("qq.com", "163.com", "126.com", "gmail.com")
