"""Log-in in both languages, with the switch before it."""


def test_it_speaks_chinese_first_and_english_after_the_switch(new_page):
    page = new_page()
    page.goto("/accounts/login/")
    assert page.locator("main h2").inner_text() == "登录"
    page.click(".language-switch button")
    page.wait_for_selector("html[lang=en]")
    assert page.locator("main h2").inner_text() == "Log in"


def test_it_refuses_a_wrong_password_in_words(make_user, new_page):
    make_user("limin")
    page = new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", "limin")
    page.fill("[name=password]", "wrong")
    page.click("main [type=submit]")
    page.wait_for_selector("[role=alert]")
    assert page.url.endswith("/accounts/login/")


def test_it_enters_and_leaves(log_in):
    page = log_in("limin", locale="en")
    assert page.title().startswith("Board")
    page.click(".user-button")
    page.click("text=Log out")
    page.wait_for_selector("main h2")
    assert "/accounts/login/" in page.url


def test_it_keeps_the_theme_without_a_reload(log_in):
    page = log_in("limin", locale="en")
    page.click(".theme-switch .only-light")
    page.wait_for_selector("html[data-bs-theme=dark]")
    page.wait_for_load_state("networkidle")
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
