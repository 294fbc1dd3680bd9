"""Addresses of the desk. None holds a name, a phone or an identity number."""

from __future__ import annotations

from django.urls import include, path

from shouyue.web.views import (
    call,
    case,
    cases,
    handover,
    history,
    my_day,
    people,
    promises,
    proof,
    search,
    signin,
    strategies,
    strategy_editor,
    strategy_steps,
    third_person,
    today,
)

urlpatterns = [
    path("", my_day.home, name="home"),
    path("start", my_day.start, name="start"),
    path("next", my_day.next_case, name="next"),
    path("sign-in", signin.SignIn.as_view(), name="sign-in"),
    path("sign-out", signin.SignOut.as_view(), name="sign-out"),
    path("sign-in/second-step", signin.second_step, name="second-step"),
    path("second-factor", signin.second_factor_page, name="second-factor"),
    path("password", signin.Password.as_view(), name="password"),
    path("language", signin.language, name="language"),
    path("search", search.search, name="search"),
    path("cases/", cases.cases, name="cases"),
    path("cases/export.csv", cases.export_cases, {"form": "csv"}, name="export-csv"),
    path("cases/export.xlsx", cases.export_cases, {"form": "xlsx"}, name="export-xlsx"),
    path("cases/assign", handover.assign, name="assign"),
    path("cases/<int:case_id>/", case.case, name="case"),
    path("cases/<int:case_id>/loans/<int:loan_id>/", history.loan, name="loan-history"),
    path("cases/<int:case_id>/line", case.line, name="line"),
    path("cases/<int:case_id>/call", call.start, name="start-call"),
    path("cases/<int:case_id>/note", case.note, name="note"),
    path("cases/<int:case_id>/hand-over", handover.hand_over, name="hand-over"),
    path("cases/<int:case_id>/reveal/phone/<int:point_id>", case.show_in_full, {"what": "phone"}, name="reveal-phone"),
    path("cases/<int:case_id>/reveal/<slug:what>", case.show_in_full, name="reveal"),
    path("contacts/<uuid:contact_id>/", proof.contact, name="contact"),
    path("contacts/<uuid:contact_id>/known", history.known_then, name="known-then"),
    path("contacts/<uuid:contact_id>/call", third_person.talk, name="third-person"),
    path("contacts/<uuid:contact_id>/tick", call.tick, name="tick"),
    path("contacts/<uuid:contact_id>/finish", call.finish, name="finish-call"),
    path("decisions/<uuid:decision_id>/", proof.decision, name="decision"),
    path("promises/", promises.promises, name="promises"),
    path("promises/<uuid:promise_id>/confirm", promises.confirm, name="confirm-promise"),
    path("promises/<uuid:promise_id>/cancel", promises.cancel, name="cancel-promise"),
    path("handovers/", handover.handovers, name="handovers"),
    path("today/", today.today, name="today"),
    path("today/<slug:figure>/", today.rows, name="today-rows"),
    path("strategies/", strategies.index, name="strategies"),
    path("strategies/upload", strategies.upload, name="strategies-upload"),
    path("strategies/copy", strategies.copy, name="strategies-copy"),
    path("strategies/<str:name>/", strategies.document, name="strategy"),
    path("strategies/<str:name>/begin", strategies.begin, name="strategy-begin"),
    path("strategies/<str:name>/upload", strategies.upload, name="strategy-upload"),
    path("strategies/<str:name>/stop", strategy_steps.stop, name="strategy-stop"),
    path("strategies/<str:name>/<int:number>/", strategies.version, name="strategy-version"),
    path("strategies/<str:name>/<int:number>/compare", strategies.compare, name="strategy-compare"),
    path("strategies/<str:name>/<int:number>/step", strategy_steps.take, name="strategy-step"),
    path("strategies/<str:name>/<int:number>/edit", strategy_editor.edit, name="strategy-edit"),
    path("strategies/<str:name>/<int:number>/change", strategy_editor.change, name="strategy-change"),
    path("strategies/<str:name>/<int:number>/text", strategy_editor.save_text, name="strategy-text"),
    *(
        path(f"strategies/<str:name>/<int:number>/{form}", strategies.download, {"form": form}, name=f"strategy-{form}")
        for form in ("toml", "xlsx", "dmn")
    ),
    path("audit/", proof.audit, name="audit"),
    path("people/", people.people, name="people"),
    path("people/permissions", people.permissions, name="permissions"),
    path("people/<int:user_id>", people.change, name="change-person"),
    path("", include("shouyue.api.urls")),
]
handler400 = "shouyue.web.views.failures.bad_request"
handler403 = "shouyue.web.views.failures.forbidden"
handler404 = "shouyue.web.views.failures.not_found"
handler500 = "shouyue.web.views.failures.broken"
