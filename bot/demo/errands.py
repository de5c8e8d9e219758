"""What the cast leaves for others to find: work for the guides, hours to meet, a reminder asked for."""

from bot.demo.cast import Server, agreed, control, ids_on, seen

HAND = "I follow the answer, but would not have come to it alone. How do you find the first step?"
ROOM_HAND = "We do not agree on one of the key points. Could you look at what we wrote?"
SUGGESTED = {
    "question": "A colleague says: p = 0.03, so the null hypothesis is true with a probability of "
    "3 %. What do you reply?",
    "right": "The p-value takes the null hypothesis as true; it is not a probability of it.",
    "wrong": "That is right, if the sample was drawn at random.\nThat is right, if the test was two-sided.\n"
    "It is 97 %: the colleague has mixed up the two hypotheses.",
    "explanation": "It says how often data at least as extreme as ours would come if the null hypothesis were true. "
    "How likely the hypothesis itself is also depends on how plausible it was before.",
    "sources": "Wasserstein & Lazar, The ASA Statement on p-Values (2016)",
}
WORD = "Two of you say what they assume, and how they would notice that it is wrong. Keep doing that."
HOURS = {
    "Grace": ("lunch",),
    "Bao": ("evenings", "weekend-mornings"),
    "Carmen": ("mornings", "evenings"),
    "Elif": ("evenings", "weekend-afternoons"),
    "Farid": ("evenings",),
    "Hana": ("weekend-mornings", "weekend-afternoons"),
}


# Two like to talk, two rather type.
RECITERS = {"Bao": "voice", "Carmen": "voice", "Farid": "typed", "Hana": "typed"}


async def join_rounds(server: Server) -> None:
    """Some say when they can meet, and four join the recitation rounds."""
    for name, presets in HOURS.items():
        who = server.people[name]
        week = seen(await who.slash(server.channel, "me availability"))
        for preset in presets:
            await who.click(week, custom_id=f"availability.preset:{preset}")
    for name, style in RECITERS.items():
        who = server.people[name]
        await agreed(who, seen(await who.slash(server.channel, "recite join", style=style)))


async def settle_in(server: Server) -> None:
    """Deniz joins the rounds, so that a newcomer makes their number even; Ivo asks to be reminded; Elif suggests."""
    deniz = server.people["Deniz"]
    await agreed(deniz, seen(await deniz.slash(server.channel, "recite join", style="voice")))
    ivo, elif_ = server.people["Ivo"], server.people["Elif"]
    settings = seen(await ivo.slash(server.channel, "me settings"))
    notices = seen(await ivo.click(settings, label="Notices"))
    await ivo.select(notices, ["dm"], custom_id="notice.way:question")
    form = await elif_.slash(server.channel, "question suggest", topic="statistics", kind="choice")
    await elif_.submit_modal(form, SUGGESTED)


async def ask_the_guides(server: Server) -> None:
    """Deniz raises a hand under the last reveal; Carmen practises an open question and asks for a check."""
    deniz, carmen = server.people["Deniz"], server.people["Carmen"]
    form = await deniz.click(server.reveals()[-1], label="Ask a guide")
    await deniz.submit_modal(form, {"text": HAND})
    shown = seen(await carmen.slash(server.channel, "question random", kind="open"))
    draft = await server.practised("Carmen", shown)
    form = await carmen.click(shown, label="Answer")
    written = "\n\n".join(draft["model_answer"].split("\n\n")[:2])
    locked = seen(await carmen.submit_modal(form, {"answer": written}))
    covered = [str(place) for place in range(len(draft["key_points"]) - 1)]
    marked = seen(await carmen.select(locked, covered, custom_id=control(locked, "answer.mark:")))
    await carmen.click(marked, label="Ask a guide to check")


async def sign_off(server: Server) -> None:
    """Grace guides the problem whose solution is out, and says what she thinks of two proposals."""
    grace, post = server.people["Grace"], server.problems.threads[0]
    panel = seen(await grace.click(post.history()[0], label="For guides"))
    panel = seen(await grace.click(panel, label="I guide this"))
    form = await grace.click(panel, label="Sign off…")
    ids = [id for one in post.history() for id in ids_on(one) if id.startswith("problem.respond:")]
    signed = [id.partition(":")[2] for id in ids[:2]]
    await grace.submit_modal(form, {"proposals": signed, "comment": WORD})


async def raise_hand(server: Server) -> None:
    """In his room Farid asks a guide to look in."""
    farid = server.people["Farid"]
    card = (await server.room_of("Farid")).history()[-1]
    more = seen(await farid.click(card, label="More"))
    form = await farid.click(more, label="Raise hand")
    await farid.submit_modal(form, {"text": ROOM_HAND})
