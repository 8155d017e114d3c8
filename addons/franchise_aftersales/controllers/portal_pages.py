from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from .portal_signing import drawn_signature, signer_name

HISTORY = 100  # documents that "previous" and "next" on a page lead through


class FranchisePortal(CustomerPortal):
    """What the portal's pages of documents share; the controllers of the rooms inherit it.

    Odoo makes one controller of all of them: what a room needs of its own is given as arguments, and methods have
    names of their own.
    """

    def _count_documents(self, counters, domains):
        """Values of the cards on the portal's home page.

        :param counters: what the page asks for.
        :param domains: {counter: (model, domain)} of the room.
        :return: {counter: number of documents; 0 for who may not read them}, of those asked for.
        """
        return {
            counter: request.env[model].search_count(domain) if request.env[model].has_access("read") else 0
            for counter, (model, domain) in domains.items()
            if counter in counters
        }

    def _list_documents(
        self,
        template,
        model,
        domain,
        url,
        page=1,
        history=None,
        filters=None,
        filterby=None,
        sortings=None,
        sortby=None,
        search="",
        search_in=None,
        inputs=None,
        **values,
    ):
        """A page with the user's documents, some at a time.

        :param template: name of the template in this addon; it gets the records (sudo) as `documents`.
        :param url: of the list; its pages are at `<url>/page/<number>`.
        :param page: number of the page; what is no number is the first.
        :param history: key in the session for "previous" and "next" on the pages of the documents.
        :param filters: {key: {"label", "domain"}} for the search bar; the first is the default.
        :param filterby: key of the filter that the user chose; one that doesn't exist is the default.
        :param sortings: {key: {"label", "order"}} for the search bar; the first is the default. Without: the model's order.
        :param sortby: key of the order that the user chose.
        :param search: text that the user looks for; `domain` has it already, the pages keep it.
        :param search_in: key of where they look for it.
        :param inputs: {key: {"input": key, "label"}} of what can be searched; with it the search bar has a field for text.
        :param values: further values of the template, with `page_name`.
        """
        records = request.env[model]
        if not records.has_access("read"):
            return request.redirect("/my")
        domain, chosen = Domain(domain), {}
        if filters:
            filterby = filterby if filterby in filters else next(iter(filters))
            domain &= Domain(filters[filterby]["domain"])
            chosen["filterby"] = filterby
        if sortings:
            sortby = sortby if sortby in sortings else next(iter(sortings))
            chosen["sortby"] = sortby
        if search:
            chosen |= {"search": search, "search_in": search_in}
        text = str(page)
        pages = pager(
            url=url,
            url_args=chosen,
            total=records.search_count(domain),
            page=int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1,
            step=self._items_per_page,
        )
        order = sortings[sortby]["order"] if sortings else None
        found = records.search(domain, order=order, limit=self._items_per_page, offset=pages["offset"])
        if history:
            request.session[history] = found.ids[:HISTORY]
        values = {
            **self._prepare_portal_layout_values(),
            "documents": found.sudo(),
            "pager": pages,
            "default_url": url,
            "searchbar_filters": filters,
            "filterby": filterby,
            "searchbar_sortings": sortings,
            "sortby": sortby,
            "searchbar_inputs": inputs,
            "search_in": search_in,
            "search": search,
            **values,
        }
        return request.render(f"franchise_aftersales.{template}", values)

    def _document_out(self, model, document_id, access_token, states, refusal):
        """A document (sudo) that the user or the token may see, in one of `states`.

        :param refusal: the sentence for a document in another state.
        :raises AccessError, MissingError: for everything else.
        """
        document = self._document_check_access(model, document_id, access_token=access_token or None)
        if document.state not in states:
            raise AccessError(refusal)
        # Staff who came by their own login don't need the other party's token in their page.
        own_login = request.env.user._is_internal() and not access_token
        return document.with_context(franchise_own_login=own_login)

    @staticmethod
    def _given_token(access_token):
        """The token of a call from a page: given with it, or in the page's address."""
        return access_token or request.httprequest.args.get("access_token")

    @staticmethod
    def _own_name():
        """What a form for signing begins with: the user's name; nothing for who has only the link."""
        return "" if request.env.user._is_public() else request.env.user.name

    @staticmethod
    def _author(partner):
        """Who acts: the user's contact, or `partner` for who has only the link."""
        user = request.env.user
        return partner if user._is_public() else user.partner_id

    @staticmethod
    def _signed(document, message):
        """The answer to a signature: the page is shown again, with `message`."""
        return {"force_refresh": True, "redirect_url": document.get_portal_url(query_string=f"&message={message}")}

    def _take_signature(self, document, message, name, signature, sign):
        """Check name and drawn signature (base64 of a PNG or JPEG) and act on them, all or nothing.

        :param sign: function (name, signature) that signs.
        :return: {"force_refresh", "redirect_url"}, or {"error": sentence}.
        """
        name, signature = signer_name(name), drawn_signature(signature)
        if not name or not signature:
            return {"error": request.env._("Enter your name and draw your signature.")}
        try:
            with request.env.cr.savepoint():
                sign(name, signature)
        except UserError as error:
            return {"error": str(error)}
        return self._signed(document, message)
